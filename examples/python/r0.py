"""R0 from Python: ctypes over the shared library (`make build/libr0.so`), nothing to compile, nothing to install.

    import r0
    with r0.Context() as context:
        model = context.load("examples/tiny")
        print(model.generate("[S]8+5<sep>", max_new_tokens=40)[0][0].text)

Structs and functions are read from r0.h itself when this module is imported, so they cannot drift; `r0.c` holds all of
them (r0.c.r0_generate, r0.c.r0_sampling, ...), and what follows wraps the usual ones. Errors are r0.Error, with the
library's text; Ctrl-C and what a callback raises stop long work. R0_LIBRARY and R0_HEADER name the files where they
are not beside this folder or installed. A context and all that was made from it belong to one thread at a time; what
was made from it is closed before it.
"""
import collections, contextlib, ctypes, os, pathlib, re

class Error(Exception):
    """What the library refused or failed at; `status` is the name of its r0_status."""
    def __init__(self, text, status="R0_ERROR_ARGUMENT"):
        super().__init__(text)
        self.status = status

# -- the declarations of r0.h -----------------------------------------------------------------------------------

class Header:
    """Every public type, constant and function of r0.h as ctypes has them, as attributes."""
    def __init__(self, header, library):
        basic = "bool char int float double size_t int8 uint8 int16 uint16 int32 uint32 int64 uint64".split()
        self.names, self.library, self.void, self.unsigned = vars(self), ctypes.CDLL(library), None, ctypes.c_uint
        self.names.update({name + "_t" * name[-1].isdigit(): getattr(ctypes, "c_" + name) for name in basic})
        text = pathlib.Path(header).read_text("utf-8").split("// >>api\n", 1)[1].split("#endif // R0_H")[0]
        text = " ".join(re.sub(r"//[^\n]*|^#[^\n]*", "", text, flags=re.M).split())
        for statement in re.split(r" ?; ?(?![^{}]*\})", text)[:-1]:
            self.declare(statement)

    def declare(self, statement):
        """One statement of the header's public half. What it cannot read is an error: a binding must not guess."""
        if m := re.fullmatch(r"(?:typedef )?enum (\w* ?)\{ (.*?),? \}(?: \w+)?", statement):
            value, self.names[m[1].strip()] = -1, ctypes.c_int
            for name, given in re.findall(r"(\w+)(?: = ([^,]+))?", m[2]):
                value = self.names[name] = eval(given, {}, self.names) if given else value + 1  # our own header's
        elif m := re.fullmatch(r"typedef struct (\w+)(?: \{ (.*); \})? \w+", statement):
            made = self.struct(m[1])  # opaque where no fields stand
            if m[2]:
                made._fields_ = [field for line in m[2].split("; ") for field in self.fields(line)]
        elif m := re.fullmatch(r"(R0_API|typedef) (.+?)(?:\(\*)?(\w+)\)?\((.*)\)", statement):
            name, made = self.declared(f"{m[2]}(*{m[3]})({m[4]})")
            self.names[name] = made((name, self.library)) if m[1] == "R0_API" else made
        else:
            raise Error(f"r0.h: a declaration that this module cannot read: {statement[:90]}")

    def struct(self, name):
        return self.names.setdefault(name, type(name, (ctypes.Structure,), {"__slots__": ()}))  # no other fields

    def declared(self, text):
        """Name and type of one declaration: `const char *a`, `float b[4]`, `bool (*valid)(void *user, r0_span text)`.
        A text that is handed in is c_char_p, memory to release c_void_p."""
        if m := re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", text):
            parameters = [] if m[3] == "void" else [self.declared(one.strip())[1] for one in m[3].split(",")]
            return m[2], ctypes.CFUNCTYPE(self.declared(m[1] + "result")[1], *parameters)
        kind, name, size = re.fullmatch(r"(.+?)(\w+)(?:\[(.*)\])?", text).groups()
        stars, of = kind.count("*"), re.sub(r"\b(const|struct)\b|\W", "", kind)
        made = self.struct(of) if stars and of not in self.names else self.names[of]
        if stars and of in ("void", "char"):
            stars, made = stars - 1, ctypes.c_char_p if kind.startswith("const char") else ctypes.c_void_p
        for _ in range(stars):
            made = ctypes.POINTER(made)
        return name, made * eval(size, {}, self.names) if size else made

    def fields(self, line):
        """Of `int a, b[4]` and the like: the type before the first name holds for all of them, stars apart."""
        first, *more = re.split(r", (?![^()]*\))", line)
        base = re.match(r"(?:const |struct )*\w+ ", first).group()
        return [self.declared(first), *(self.declared(base + one) for one in more)]

def _find(variable, name, *folders):
    for path in (os.environ.get(variable), *(f"{folder}/{name}" for folder in folders)):
        if path and os.path.exists(path):
            return path
    raise Error(f"{name} is in none of {', '.join(folders)}: run make build/libr0.so, or set {variable}")

_here = os.path.dirname(os.path.abspath(__file__))
_library = _find("R0_LIBRARY", "libr0.so", f"{_here}/../../build", _here, "/usr/local/lib", "/usr/lib")
c = Header(_find("R0_HEADER", "r0.h", f"{_here}/../..", _here, f"{os.path.dirname(_library)}/../include"), _library)
Completion = collections.namedtuple("Completion", "text tokens logp finished")

def _span(text):
    data = text.encode()
    return c.r0_span(data, len(data))

def _text(span):
    pointer = ctypes.c_void_p.from_buffer(span).value  # the field itself ends at a NUL
    return ctypes.string_at(pointer, span.size).decode(errors="replace") if span.size else ""

def _completion(r, text):
    return Completion(text, r.tokens[:r.length], r.logp[:r.length], r.finished)

def _fill(struct, given, **otherwise):
    for name, value in {**otherwise, **given}.items():
        setattr(struct, name, value.encode() if isinstance(value, str) else value)
    return struct

class _Owned(contextlib.AbstractContextManager):
    """What the library made, until close() or the end of `with`: `create` writes a pointer to a `kind`."""
    def own(self, context, kind, create, *arguments):
        self.context, self.kind, self.pointer = context, kind, ctypes.POINTER(c.names[kind])()
        context.check(create(*arguments, self.pointer))

    def close(self):
        c.names[self.kind + "_destroy"](self.pointer)
        self.pointer = None

    def __exit__(self, *_):
        self.close()

class Context(_Owned):
    """A device and its threads: Context(device="cpu", threads=2, log=print)."""
    def __init__(self, device=None, threads=0, log=None, **desc):
        self.raised, self.keep, desc = None, [], _fill(c.r0_context_desc(), desc, device=device, threads=threads)
        if log:
            desc.log = self.calls(c.r0_log_fn, lambda _, level, text: log(text.decode(errors="replace")))
        desc.cancel = self.calls(c.r0_cancel_fn, lambda _: self.raised is not None, True)
        self.own(self, "r0_context", c.r0_context_create, desc)

    def calls(self, kind, function, failed=None):
        """A Python function as a C callback. What it raises stops the work, and is raised again where that began."""
        def guarded(*arguments):
            try:
                return function(*arguments)
            except BaseException as e:  # KeyboardInterrupt too
                self.raised = self.raised or e
                return failed
        self.keep.append(kind(guarded))
        return self.keep[-1]

    def check(self, status):
        raised, self.raised = self.raised, None
        if raised:
            raise raised
        if status:
            raise Error(c.r0_error(self.pointer).decode(), [n for n in c.names if n.startswith("R0_ERROR")][status - 1])

    def load(self, folder, dtype="F32"):
        """A model folder with its tokenizer (an adapter's folder opens the base that it names, too)."""
        return Model(self, str(folder), c.r0_model_load_as, self.pointer, str(folder).encode(), dtype.encode())

    def equal(self, gold, answer, places=0):
        """Do two answers mean the same? True, False, or None where the budget of the judge was reached."""
        verdict = c.r0_verdict()
        self.check(c.r0_answer_equal(self.pointer, _span(gold), _span(answer), places, verdict))
        return {c.R0_EQUAL: True, c.R0_UNEQUAL: False}.get(verdict.equal)

    def vote(self, answers):
        """The majority of answers ("" where there was none) by the judge of training, or None; and the r0_vote."""
        vote, spans, judge = c.r0_vote(), (c.r0_span * len(answers))(*map(_span, answers)), c.r0_equal_strict
        self.check(c.r0_vote_count(self.pointer, spans, len(answers), None, judge, self.pointer, None, vote))
        return answers[vote.pseudo_label] if vote.pseudo_label >= 0 else None, vote

    def evolve(self, model, run, preset="tiny", seed=1, sets=(), valid=None, equal=None, oracle=None,
               on_iteration=None, resume=False, **numbers):
        """R-Zero (r0_evolve), in the folder `run`. `sets`: {name: path} of questions to measure on; `numbers`: fields
        of the run, with __ for a dot (challenger__steps=4). The task speaks in texts: valid(q), equal(a, b), oracle(q)
        -> the right answer, None (unknown) or "" (ill-posed). on_iteration(r) gets each r0_iteration_result."""
        def ask(_, question, buffer, room):
            answer = oracle(_text(question))
            data = (answer or "").encode() + b"\0"
            if len(data) > room:
                raise Error(f"oracle: an answer of {len(data) - 1} bytes, at most {room - 1} are allowed")
            ctypes.memmove(buffer, data, len(data))
            return c.R0_ORACLE_ANSWER if answer else c.R0_ORACLE_UNKNOWN if answer is None else c.R0_ORACLE_ILL_POSED

        desc, result, kept = c.r0_evolve_desc(), c.r0_evolve_result(), len(self.keep)
        _fill(desc, {}, model_folder=str(model), run_folder=str(run), seed=seed, preset=preset, resume=resume)
        self.check(c.r0_evolve_preset(self.pointer, desc.preset, desc.config))
        for name, value in numbers.items():
            value = str(value).lower() if isinstance(value, bool) else str(value)
            self.check(c.r0_evolve_set(self.pointer, desc.config, name.replace("__", ".").encode(), value.encode()))
        for struct, field, given, call, failed in (
                (desc.task, "valid", valid, lambda _, q: bool(valid(_text(q))), False),
                (desc.task, "equal", equal, lambda _, a, b: bool(equal(_text(a), _text(b))), False),
                (desc.task, "oracle", oracle, ask, 0),
                (desc, "on_iteration", on_iteration, lambda _, r: on_iteration(r.contents), None)):
            if given:
                setattr(struct, field, self.calls(dict(struct._fields_)[field], call, failed))
        desc.task.judge = b"python" if equal else None
        desc.sets, desc.set_count = (c.r0_evaluation_set * len(sets))(), len(sets)
        try:
            for one, name in zip(desc.sets, sets):
                _fill(one, {"name": name, "path": str(sets[name])})
                self.check(c.r0_bench_load(self.pointer, one.path, one.bench))
            self.check(c.r0_evolve(self.pointer, desc, result))
        finally:
            for i in range(desc.set_count):
                c.r0_bench_free(self.pointer, desc.sets[i].bench)
            del self.keep[kept:]
        return result

class Model(_Owned):
    """A transformer and its tokenizer. Prompts and texts are str; `tokens` are lists of ids."""
    def __init__(self, context, folder, create, *arguments):
        self.own(context, "r0_model", create, *arguments)
        self.folder, self.tokenizer = folder, ctypes.POINTER(c.r0_tokenizer)()
        context.check(c.r0_tokenizer_load(context.pointer, folder.encode(), self.tokenizer))

    def close(self):
        c.r0_tokenizer_destroy(self.tokenizer)
        super().close()

    def encode(self, text):
        """Ids of a text; special tokens that stand in it are parsed."""
        tokens = c.r0_tokens()
        self.context.check(c.r0_tokenizer_encode(self.tokenizer, _span(text), c.R0_TOKENIZE_SPECIAL, tokens))
        ids = tokens.ids[:tokens.count]
        c.r0_tokens_free(self.context.pointer, tokens)
        return ids

    def decode(self, tokens, count=None, flags=0):
        text, size, count = ctypes.c_void_p(), ctypes.c_size_t(), len(tokens) if count is None else count
        ids = (ctypes.c_int32 * count)(*tokens) if isinstance(tokens, list) else tokens
        self.context.check(c.r0_tokenizer_decode(self.tokenizer, ids, count, flags, text, size))
        made = ctypes.string_at(text.value, size.value).decode(errors="replace")
        c.r0_text_free(self.context.pointer, text)
        return made

    def generate(self, prompts, n=1, **sampling):
        """n completions of every prompt: a list of lists of Completion. sampling: temperature (0: greedy), top_k,
        top_p, max_new_tokens, seed. A Session streams."""
        with self.rollouts([prompts] if isinstance(prompts, str) else prompts, n, sampling) as (_, _, made):
            return [made[i:i + n] for i in range(0, len(made), n)]

    @contextlib.contextmanager
    def rollouts(self, prompts, n, sampling):
        """While it lasts: the prompts as r0_sequence, the r0_rollouts, and these as one list of Completion."""
        ids, rollouts = [(ctypes.c_int32 * len(ids))(*ids) for ids in map(self.encode, prompts)], c.r0_rollouts()
        prompts = (c.r0_sequence * len(ids))(*(c.r0_sequence(one, len(one), len(one)) for one in ids))
        sampling = _fill(c.r0_sampling(), sampling, temperature=1, max_new_tokens=64, seed=1)
        self.context.check(c.r0_generate(self.pointer, prompts, len(ids), n, sampling, rollouts))
        try:
            yield prompts, rollouts, [_completion(one, self.decode(one.tokens, one.length - one.finished))
                                      for one in rollouts.items[:rollouts.count]]
        finally:
            c.r0_rollouts_free(self.context.pointer, rollouts)

    def logits(self, text_or_tokens):
        """What the model says after each token: a row of V floats per token."""
        ids = self.encode(text_or_tokens) if isinstance(text_or_tokens, str) else text_or_tokens
        width = c.r0_model_shape(self.pointer).contents.vocab_size
        ids, rows = (ctypes.c_int32 * len(ids))(*ids), (ctypes.c_float * (width * len(ids)))()
        self.context.check(c.r0_logits(self.pointer, ids, len(ids), 0, rows))
        return [rows[i:i + width] for i in range(0, len(rows), width)]

    def lora(self, rank=16, seed=1, **desc):
        """A new adapter on this model, which computes what the model does until it is trained."""
        desc = _fill(c.r0_lora_desc(), desc, rank=rank, base_name=self.folder)
        return Model(self.context, self.folder, c.r0_lora_create, self.pointer, desc, seed)

    def save(self, folder):
        """Writes a folder that every program reads: weights, shape, and the tokenizer's files."""
        self.context.check(c.r0_model_save(self.pointer, str(folder).encode()))
        self.context.check(c.r0_tokenizer_copy(self.context.pointer, self.folder.encode(), str(folder).encode()))

class Session(_Owned):
    """A text in several turns, which stays as keys and values: session.say(text), then session.generate(tell=...)."""
    def __init__(self, model, positions=0):
        self.own(model.context, "r0_session", c.r0_session_create, model.pointer, model.tokenizer, positions)

    def say(self, text):
        self.context.check(c.r0_session_say(self.pointer, _span(text)))
        return self

    def generate(self, tell=lambda piece: None, stops=(), special=False, **sampling):
        """The next answer. tell(piece) hears its text as it is drawn, and ends it by returning False."""
        heard = self.context.calls(dict(c.r0_stream._fields_)["piece"], lambda _, answer, piece:
                                   not piece.size or tell(_text(piece)) is not False, False)
        stream, answer = c.r0_stream(heard, decode=0 if special else c.R0_DECODE_SKIP_SPECIAL), c.r0_rollout()
        stream.stops, stream.stop_count = (ctypes.c_char_p * len(stops))(*map(str.encode, stops)), len(stops)
        sampling = _fill(c.r0_sampling(), sampling, temperature=1, seed=1)
        status = c.r0_session_generate(self.pointer, sampling, stream, answer)
        self.context.keep.remove(heard)
        self.context.check(status)
        return _completion(answer, _text(answer.text))

class Trainer(_Owned):
    """Gradients and AdamW's moments beside a model or an adapter. desc: weight_decay, max_grad_norm, recompute, ..."""
    def __init__(self, model, **desc):
        self.model, self.steps = model, 0
        self.own(model.context, "r0_trainer", c.r0_trainer_create, model.pointer, _fill(c.r0_trainer_desc(), desc))

    def grpo(self, prompts, reward, n=8, recipe="grpo", learning_rate=1e-6, mini_batches=1, reference=None, **sampling):
        """One update by GRPO: n completions of every prompt, reward(prompt, Completion) -> float for each. Returns the
        r0_update_stats (.reward.mean, .grad_norm, .entropy, ...)."""
        found, stats, self.steps = c.r0_grpo_recipe_find(recipe.encode()), c.r0_update_stats(), self.steps + 1
        if not found:
            raise Error(f"recipe: there is no {recipe}")
        seed, reference = sampling.setdefault("seed", self.steps), reference and reference.pointer
        with self.model.rollouts(prompts, n, sampling) as (sequences, rollouts, made):
            rewards = (ctypes.c_float * len(made))(*(reward(prompts[i // n], one) for i, one in enumerate(made)))
            self.context.check(c.r0_grpo_update(self.pointer, reference, sequences, rollouts, n, rewards, found,
                                                learning_rate, mini_batches, seed, stats))
        return stats
