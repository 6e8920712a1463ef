// Every backward op against finite differences of its forward op, in double. Catches: a wrong term, sign, factor or
// index in a derivative; a forgotten accumulation; a backward pass that reads another row's data. Runs as
// build/test-double only: float differences would have to forgive errors of a per cent.

#ifndef R0_DOUBLE
#error "test_gradients.c belongs to the double build: see DOUBLE_GROUPS in the Makefile"
#endif

// CHECK, where the test is not called t.
#define CHECK_OF(test, condition, ...)                                                                                 \
    test_check(test, (condition) != 0, __FILE__, __LINE__, #condition, " " __VA_ARGS__)

typedef struct gradient_tensor {
    r0i_buffer buffer;
    r0i_view view;
    size_t count;
    double *x; // the CPU device's memory is ours to poke
} gradient_tensor;

enum { GRADIENT_TENSORS = 16 };

// One chain of ops under test: the loss is sum_i weight_i * output_i, so dy = weight.
typedef struct gradient_case {
    test *t;
    r0i_device *device;
    const char *name;
    gradient_tensor tensors[GRADIENT_TENSORS];
    int used;
    gradient_tensor *output, *dy;
    void (*forward)(struct gradient_case *c, r0i_device *d);
    gradient_tensor *operand[8];
} gradient_case;

static gradient_tensor *gradient_new(gradient_case *c, size_t count, size_t size)
{
    gradient_tensor *tensor = &c->tensors[c->used++];
    CHECK_OF(c->t, c->used <= GRADIENT_TENSORS && r0i_buffer_create(c->device, count, size, &tensor->buffer) == R0_OK);
    tensor->view = r0i_view_all(&tensor->buffer);
    tensor->count = count;
    tensor->x = (double *)tensor->buffer.host;
    return tensor;
}

static gradient_tensor *gradient_random(gradient_case *c, size_t count)
{
    gradient_tensor *tensor = gradient_new(c, count, sizeof(double));
    for (size_t i = 0; i < count; i++) tensor->x[i] = r0i_random_normal(r0i_key_make((uint64_t)c->used), i);
    return tensor;
}

static gradient_tensor *gradient_ints(gradient_case *c, const int32_t *values, size_t count)
{
    gradient_tensor *tensor = gradient_new(c, count, sizeof(int32_t));
    memcpy(tensor->buffer.host, values, count * sizeof *values);
    return tensor;
}

static gradient_case gradient_begin(test *t, const char *name)
{
    gradient_case c;
    memset(&c, 0, sizeof c);
    c.t = t;
    c.device = t->r0->device;
    c.name = name;
    return c;
}

static void gradient_end(gradient_case *c)
{
    CHECK_OF(c->t, c->device->functions->finish(c->device) == R0_OK, "%s: %s", c->name, r0_error(c->t->r0));
    for (int i = 0; i < c->used; i++) r0i_buffer_destroy(&c->tensors[i].buffer);
}

static double gradient_loss(gradient_case *c)
{
    c->forward(c, c->device);
    return r0i_dot(c->output->x, c->dy->x, c->output->count);
}

// Every element of `dx` (less `before`, what it held) against (loss(x + h) - loss(x - h)) / 2h.
static void gradient_check(gradient_case *c, const char *what, gradient_tensor *x, const gradient_tensor *dx,
                           double before)
{
    const double h = 1e-5;
    double worst = 0, largest = 0;
    for (size_t i = 0; i < x->count; i++) {
        double kept = x->x[i];
        x->x[i] = kept + h;
        double up = gradient_loss(c);
        x->x[i] = kept - h;
        double down = gradient_loss(c);
        x->x[i] = kept;
        double expected = (up - down) / (2 * h), got = dx->x[i] - before;
        worst = R0I_MAX(worst, fabs(expected - got));
        largest = R0I_MAX(largest, fabs(expected));
    }
    CHECK_OF(c->t, worst < 2e-8 * (1 + largest), "%s: %s is off by %g (largest %g)", c->name, what, worst, largest);
    CHECK_OF(c->t, largest > 0.01, "%s: %s is zero: nothing was tested", c->name, what);
}

static void gradient_fill(gradient_tensor *tensor, double value)
{
    for (size_t i = 0; i < tensor->count; i++) tensor->x[i] = value;
}

// -- the ops --

static void gradient_embedding_forward(gradient_case *c, r0i_device *d)
{
    r0i_embedding_forward(d, c->output->view, c->operand[1]->view, c->operand[0]->view, 6, 5);
}

static void gradient_embedding(test *t)
{
    static const int32_t ids[] = {2, 0, 2, 3, 2, 0}, order[] = {1, 5, 0, 2, 4, 3}, starts[] = {0, 2, 5, 6},
                         unique[] = {0, 2, 3};
    gradient_case c = gradient_begin(t, "embedding");
    c.operand[0] = gradient_random(&c, 4 * 5);
    c.operand[1] = gradient_ints(&c, ids, 6);
    c.output = gradient_new(&c, 30, sizeof(double));
    c.dy = gradient_random(&c, 30);
    c.forward = gradient_embedding_forward;
    gradient_tensor *dtable = gradient_new(&c, 20, sizeof(double)), *o = gradient_ints(&c, order, 6);
    gradient_tensor *s = gradient_ints(&c, starts, 4), *u = gradient_ints(&c, unique, 3);
    gradient_fill(dtable, 3);
    r0i_embedding_backward(c.device, dtable->view, c.dy->view, o->view, s->view, u->view, 3, 5);
    gradient_check(&c, "dtable", c.operand[0], dtable, 3);
    gradient_end(&c);
}

// The weights count from 1.
static void gradient_rms_norm_forward(gradient_case *c, r0i_device *d)
{
    r0i_rms_norm_forward(d, c->output->view, c->operand[2]->view, c->operand[0]->view, c->operand[1]->view, 4, 7, 1e-3f,
                         1);
}

static void gradient_rms_norm(test *t)
{
    gradient_case c = gradient_begin(t, "rms_norm");
    gradient_tensor *x = c.operand[0] = gradient_random(&c, 28), *w = c.operand[1] = gradient_random(&c, 7);
    gradient_tensor *rstd = c.operand[2] = gradient_new(&c, 4, sizeof(double));
    c.output = gradient_new(&c, 28, sizeof(double));
    c.dy = gradient_random(&c, 28);
    c.forward = gradient_rms_norm_forward;
    gradient_tensor *dx = gradient_new(&c, 28, sizeof(double)), *dw = gradient_new(&c, 7, sizeof(double));
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
        gradient_fill(dx, 5);
        gradient_fill(dw, 7);
        gradient_loss(&c);
        r0i_rms_norm_backward(c.device, dx->view, c.dy->view, x->view, w->view, rstd->view, 4, 7, 1e-3f, accumulate,
                              1);
        r0i_rms_norm_weight_backward(c.device, dw->view, c.dy->view, x->view, rstd->view, 4, 7, 1e-3f, 1);
        gradient_check(&c, "dx", x, dx, accumulate ? 5 : 0);
        gradient_check(&c, "dw", w, dw, 7);
    }
    gradient_end(&c);
}

// rope works in place, so the loss rotates a copy.
static void gradient_rope_forward(gradient_case *c, r0i_device *d)
{
    r0i_copy(c->output->view, c->operand[0]->view);
    r0i_rope(d, c->output->view, c->operand[1]->view, c->operand[2]->view, 3, 2, 6, 1);
}

static void gradient_rope(test *t)
{
    static const int32_t position[] = {4, 0, 2};
    gradient_case c = gradient_begin(t, "rope");
    c.operand[0] = gradient_random(&c, 36);
    c.operand[1] = gradient_ints(&c, position, 3);
    c.operand[2] = gradient_new(&c, 5 * 6, sizeof(double));
    for (int i = 0; i < 15; i++) {
        c.operand[2]->x[2 * i] = cos(i * .7);
        c.operand[2]->x[2 * i + 1] = sin(i * .7);
    }
    c.output = gradient_new(&c, 36, sizeof(double));
    c.dy = gradient_random(&c, 36);
    c.forward = gradient_rope_forward;
    gradient_tensor *dx = gradient_new(&c, 36, sizeof(double));
    r0i_copy(dx->view, c.dy->view);
    r0i_rope(c.device, dx->view, c.operand[1]->view, c.operand[2]->view, 3, 2, 6, -1);
    gradient_check(&c, "dx", c.operand[0], dx, 0);
    gradient_end(&c);
}

static void gradient_linear_forward(gradient_case *c, r0i_device *d)
{
    r0i_matmul_nt(d, c->output->view, c->operand[0]->view, c->operand[1]->view, 5, 4, 6, 0);
    r0i_bias_forward(d, c->output->view, c->operand[2]->view, 5, 4);
}

// y = x w^T + b: dx = dy w by matmul_nn, dw = dy^T x by matmul_tn, db by bias_backward.
static void gradient_linear(test *t)
{
    gradient_case c = gradient_begin(t, "linear");
    gradient_tensor *x = c.operand[0] = gradient_random(&c, 30), *w = c.operand[1] = gradient_random(&c, 24);
    gradient_tensor *bias = c.operand[2] = gradient_random(&c, 4);
    c.output = gradient_new(&c, 20, sizeof(double));
    c.dy = gradient_random(&c, 20);
    c.forward = gradient_linear_forward;
    gradient_tensor *dx = gradient_new(&c, 30, sizeof(double)), *dw = gradient_new(&c, 24, sizeof(double));
    gradient_tensor *db = gradient_new(&c, 4, sizeof(double));
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
        double before = accumulate ? 2 : 0;
        gradient_fill(dx, 2);
        gradient_fill(dw, 2);
        gradient_fill(db, 2);
        r0i_matmul_nn(c.device, dx->view, c.dy->view, w->view, 5, 6, 4, accumulate);
        r0i_matmul_tn(c.device, dw->view, c.dy->view, x->view, 4, 6, 5, accumulate);
        r0i_bias_backward(c.device, db->view, c.dy->view, 5, 4);
        gradient_check(&c, "dx", x, dx, before);
        gradient_check(&c, "dw", w, dw, before);
        gradient_check(&c, "db", bias, db, 2);
    }
    gradient_end(&c);
}

static void gradient_residual_forward(gradient_case *c, r0i_device *d)
{
    r0i_matmul_nt_fused(d, c->output->view, c->operand[0]->view, c->operand[1]->view, c->operand[2]->view,
                        c->operand[3]->view, c->operand[0]->view, c->operand[0]->view, 5, 4, 6, 0,
                        R0I_BIAS | R0I_RESIDUAL);
}

// y = x w^T + b + z: the backward of each part is that of its own op, and dz = dy.
static void gradient_residual(test *t)
{
    gradient_case c = gradient_begin(t, "linear with bias and residual");
    gradient_tensor *x = c.operand[0] = gradient_random(&c, 30), *w = c.operand[1] = gradient_random(&c, 24);
    gradient_tensor *bias = c.operand[2] = gradient_random(&c, 4), *z = c.operand[3] = gradient_random(&c, 20);
    c.output = gradient_new(&c, 20, sizeof(double));
    c.dy = gradient_random(&c, 20);
    c.forward = gradient_residual_forward;
    gradient_tensor *dx = gradient_new(&c, 30, sizeof(double)), *dw = gradient_new(&c, 24, sizeof(double));
    gradient_tensor *db = gradient_new(&c, 4, sizeof(double));
    r0i_matmul_nn(c.device, dx->view, c.dy->view, w->view, 5, 6, 4, 0);
    r0i_matmul_tn(c.device, dw->view, c.dy->view, x->view, 4, 6, 5, 0);
    r0i_bias_backward(c.device, db->view, c.dy->view, 5, 4);
    gradient_check(&c, "dx", x, dx, 0);
    gradient_check(&c, "dw", w, dw, 0);
    gradient_check(&c, "db", bias, db, 0);
    gradient_check(&c, "dz", z, c.dy, 0);
    gradient_end(&c);
}

static void gradient_gated_forward(gradient_case *c, r0i_device *d)
{
    r0i_matmul_nt_fused(d, c->output->view, c->operand[0]->view, c->operand[1]->view, c->operand[0]->view,
                        c->operand[2]->view, c->operand[0]->view, c->operand[0]->view, 5, 4, 6, 0, R0I_GATED);
}

static void gradient_lora_forward(gradient_case *c, r0i_device *d)
{
    gradient_tensor *const *o = c->operand;
    const r0i_view a[3] = {o[2]->view, o[2]->view, o[2]->view};
    r0i_lora_middles(d, o[4]->view, o[0]->view, a, 5, 3, 6, 1, .5f);
    r0i_matmul_nt_fused(d, c->output->view, o[0]->view, o[1]->view, o[0]->view, o[0]->view, o[4]->view, o[3]->view, 5,
                        4, 6, 3, 0);
}

// y = x w^T + l B^T with l = x A^T / 2, by the four products of >>lora.
static void gradient_lora(test *t)
{
    gradient_case c = gradient_begin(t, "linear with an adapter");
    gradient_tensor *x = c.operand[0] = gradient_random(&c, 30), *w = c.operand[1] = gradient_random(&c, 24);
    gradient_tensor *a = c.operand[2] = gradient_random(&c, 18), *up = c.operand[3] = gradient_random(&c, 12);
    gradient_tensor *low = c.operand[4] = gradient_new(&c, 15, sizeof(double));
    c.output = gradient_new(&c, 20, sizeof(double));
    c.dy = gradient_random(&c, 20);
    c.forward = gradient_lora_forward;
    gradient_tensor *dx = gradient_new(&c, 30, sizeof(double)), *dlow = gradient_new(&c, 15, sizeof(double));
    gradient_tensor *da = gradient_new(&c, 18, sizeof(double)), *dup = gradient_new(&c, 12, sizeof(double));
    gradient_lora_forward(&c, c.device);
    r0i_matmul_nn(c.device, dx->view, c.dy->view, w->view, 5, 6, 4, 0);
    r0i_matmul_tn(c.device, dup->view, c.dy->view, low->view, 4, 3, 5, 0);
    r0i_matmul_nn(c.device, dlow->view, c.dy->view, up->view, 5, 3, 4, 0);
    r0i_scale(c.device, dlow->view, 15, .5f);
    r0i_matmul_tn(c.device, da->view, dlow->view, x->view, 3, 6, 5, 0);
    r0i_matmul_nn(c.device, dx->view, dlow->view, a->view, 5, 6, 3, 1);
    gradient_check(&c, "dx", x, dx, 0);
    gradient_check(&c, "dA", a, da, 0);
    gradient_check(&c, "dB", up, dup, 0);
    gradient_end(&c);
}

// y = silu(z) (x w^T): swiglu_backward with the product made once more, then matmul_nn and matmul_tn.
static void gradient_gated(test *t)
{
    gradient_case c = gradient_begin(t, "gated linear");
    gradient_tensor *x = c.operand[0] = gradient_random(&c, 30), *w = c.operand[1] = gradient_random(&c, 24);
    gradient_tensor *gate = c.operand[2] = gradient_random(&c, 20), *up = gradient_new(&c, 20, sizeof(double));
    c.output = gradient_new(&c, 20, sizeof(double));
    c.dy = gradient_random(&c, 20);
    c.forward = gradient_gated_forward;
    gradient_tensor *dx = gradient_new(&c, 30, sizeof(double)), *dw = gradient_new(&c, 24, sizeof(double));
    gradient_tensor *dgate = gradient_new(&c, 20, sizeof(double)), *dup = gradient_new(&c, 20, sizeof(double));
    r0i_matmul_nt(c.device, up->view, x->view, w->view, 5, 4, 6, 0);
    r0i_swiglu_backward(c.device, dgate->view, dup->view, c.dy->view, gate->view, up->view, 20, 0);
    r0i_matmul_nn(c.device, dx->view, dup->view, w->view, 5, 6, 4, 0);
    r0i_matmul_tn(c.device, dw->view, dup->view, x->view, 4, 6, 5, 0);
    gradient_check(&c, "dx", x, dx, 0);
    gradient_check(&c, "dw", w, dw, 0);
    gradient_check(&c, "dgate", gate, dgate, 0);
    gradient_end(&c);
}

enum { GRADIENT_ROWS = 9, GRADIENT_H = 4, GRADIENT_G = 2, GRADIENT_D = 6 };
static uint32_t gradient_window;

static void gradient_attention_forward(gradient_case *c, r0i_device *d)
{
    r0i_attention_forward(d, c->output->view, c->operand[3]->view, c->operand[0]->view, c->operand[1]->view,
                          c->operand[2]->view, c->operand[4]->view, GRADIENT_ROWS, GRADIENT_H, GRADIENT_G, GRADIENT_D,
                          .4f, gradient_window);
}

static void gradient_attention(test *t, uint32_t window)
{
    static const int32_t begin[] = {0, 0, 0, 0, 0, 5, 5, 5, 8}, end[] = {5, 5, 5, 5, 5, 8, 8, 8, 9}; // 5, 3 and 1 rows
    size_t Q = GRADIENT_ROWS * GRADIENT_H * GRADIENT_D, K = GRADIENT_ROWS * GRADIENT_G * GRADIENT_D;
    gradient_case c = gradient_begin(t, "attention");
    gradient_window = window;
    gradient_tensor *q = c.operand[0] = gradient_random(&c, Q), *k = c.operand[1] = gradient_random(&c, K);
    gradient_tensor *v = c.operand[2] = gradient_random(&c, K);
    gradient_tensor *lse = c.operand[3] = gradient_new(&c, GRADIENT_ROWS * GRADIENT_H, sizeof(double));
    gradient_tensor *first = c.operand[4] = gradient_ints(&c, begin, GRADIENT_ROWS),
                    *last = gradient_ints(&c, end, GRADIENT_ROWS);
    c.output = gradient_new(&c, Q, sizeof(double));
    c.dy = gradient_random(&c, Q);
    c.forward = gradient_attention_forward;
    gradient_tensor *dq = gradient_random(&c, Q), *dk = gradient_random(&c, K), *dv = gradient_random(&c, K);
    gradient_tensor *delta = gradient_new(&c, GRADIENT_ROWS * GRADIENT_H, sizeof(double));
    gradient_loss(&c);
    r0i_attention_backward_q(c.device, dq->view, delta->view, c.dy->view, c.output->view, lse->view, q->view, k->view,
                             v->view, first->view, GRADIENT_ROWS, GRADIENT_H, GRADIENT_G, GRADIENT_D, .4f,
                             window);
    r0i_attention_backward_kv(c.device, dk->view, dv->view, c.dy->view, lse->view, delta->view, q->view, k->view,
                              v->view, last->view, GRADIENT_ROWS, GRADIENT_H, GRADIENT_G, GRADIENT_D, .4f,
                             window);
    gradient_check(&c, "dq", q, dq, 0);
    gradient_check(&c, "dk", k, dk, 0);
    gradient_check(&c, "dv", v, dv, 0);
    gradient_end(&c);
}

static void gradient_swiglu_forward(gradient_case *c, r0i_device *d)
{
    r0i_swiglu_forward(d, c->output->view, c->operand[0]->view, c->operand[1]->view, 40, 0);
}

static void gradient_swiglu(test *t)
{
    gradient_case c = gradient_begin(t, "swiglu");
    gradient_tensor *gate = c.operand[0] = gradient_random(&c, 40), *up = c.operand[1] = gradient_random(&c, 40);
    c.output = gradient_new(&c, 40, sizeof(double));
    c.dy = gradient_random(&c, 40);
    c.forward = gradient_swiglu_forward;
    gradient_tensor *dgate = gradient_new(&c, 40, sizeof(double)), *dup = gradient_new(&c, 40, sizeof(double));
    r0i_swiglu_backward(c.device, dgate->view, dup->view, c.dy->view, gate->view, up->view, 40, 0);
    gradient_check(&c, "dgate", gate, dgate, 0);
    gradient_check(&c, "dup", up, dup, 0);
    gradient_end(&c);
}

static void gradient_geglu_forward(gradient_case *c, r0i_device *d)
{
    r0i_geglu_forward(d, c->output->view, c->operand[0]->view, c->operand[1]->view, 40);
}

// Far away from 0, gelu is the identity or 0, and so is its slope: no infinity times 0.
static void gradient_geglu(test *t)
{
    gradient_case c = gradient_begin(t, "geglu");
    gradient_tensor *gate = c.operand[0] = gradient_random(&c, 40), *up = c.operand[1] = gradient_random(&c, 40);
    c.output = gradient_new(&c, 40, sizeof(double));
    c.dy = gradient_random(&c, 40);
    c.forward = gradient_geglu_forward;
    gradient_tensor *dgate = gradient_new(&c, 40, sizeof(double)), *dup = gradient_new(&c, 40, sizeof(double));
    r0i_geglu_backward(c.device, dgate->view, dup->view, c.dy->view, gate->view, up->view, 40);
    gradient_check(&c, "dgate", gate, dgate, 0);
    gradient_check(&c, "dup", up, dup, 0);
    double *far = (double *)gate->view.buffer->host;
    far[0] = -1e200, far[1] = 1e200, far[2] = 0;
    r0i_geglu_backward(c.device, dgate->view, dup->view, c.dy->view, gate->view, up->view, 40);
    const double *slope = (const double *)dgate->view.buffer->host, *dy = (const double *)c.dy->view.buffer->host;
    const double *u = (const double *)up->view.buffer->host;
    CHECK(slope[0] == 0 && slope[1] == dy[1] * u[1] && fabs(slope[2] - dy[2] * u[2] / 2) < 1e-15, "%g %g %g", slope[0],
          slope[1], slope[2]);
    gradient_end(&c);
}

static void gradient_rows_forward(gradient_case *c, r0i_device *d)
{
    r0i_rows_gather(d, c->output->view, c->operand[0]->view, c->operand[1]->view, 3, 4);
}

static void gradient_rows(test *t)
{
    static const int32_t index[] = {5, 0, 3};
    gradient_case c = gradient_begin(t, "rows");
    c.operand[0] = gradient_random(&c, 24);
    c.operand[1] = gradient_ints(&c, index, 3);
    c.output = gradient_new(&c, 12, sizeof(double));
    c.dy = gradient_random(&c, 12);
    c.forward = gradient_rows_forward;
    gradient_tensor *dx = gradient_new(&c, 24, sizeof(double));
    r0i_rows_scatter(c.device, dx->view, c.dy->view, c.operand[1]->view, 3, 4);
    gradient_check(&c, "dx", c.operand[0], dx, 0);
    gradient_end(&c);
}

static void gradient_token_logp_forward(gradient_case *c, r0i_device *d)
{
    r0i_token_logp_forward(d, c->output->view, c->operand[2]->view, c->operand[3]->view, c->operand[4]->view,
                           c->operand[0]->view, c->operand[1]->view, 4, 11, 1 / .7f);
}

static void gradient_token_logp(test *t)
{
    static const int32_t target[] = {0, 10, 4, 4};
    gradient_case c = gradient_begin(t, "token_logp");
    gradient_tensor *logits = c.operand[0] = gradient_random(&c, 44);
    gradient_tensor *token = c.operand[1] = gradient_ints(&c, target, 4);
    for (int i = 2; i < 5; i++) c.operand[i] = gradient_new(&c, 4, sizeof(double));
    c.output = gradient_new(&c, 4, sizeof(double));
    c.dy = gradient_random(&c, 4);
    c.forward = gradient_token_logp_forward;
    gradient_tensor *dlogits = gradient_new(&c, 44, sizeof(double)), *in_place = gradient_new(&c, 44, sizeof(double));
    gradient_loss(&c);
    r0i_copy(in_place->view, logits->view);
    r0i_token_logp_backward(c.device, dlogits->view, logits->view, c.operand[4]->view, token->view, c.dy->view, 4, 11,
                            1 / .7f);
    r0i_token_logp_backward(c.device, in_place->view, in_place->view, c.operand[4]->view, token->view, c.dy->view, 4,
                            11, 1 / .7f);
    gradient_check(&c, "dlogits", logits, dlogits, 0);
    CHECK(!memcmp(dlogits->x, in_place->x, 44 * sizeof(double)), "token_logp_backward in place differs");
    gradient_end(&c);
}

static void test_gradients(test *t)
{
    gradient_embedding(t);
    gradient_rms_norm(t);
    gradient_rope(t);
    gradient_linear(t);
    gradient_residual(t);
    gradient_gated(t);
    gradient_lora(t);
    gradient_attention(t, 0);
    gradient_attention(t, 2);
    gradient_swiglu(t);
    gradient_geglu(t);
    gradient_rows(t);
    gradient_token_logp(t);
}
