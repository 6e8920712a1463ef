"""Adds an op, halve: y = x / 2, to a copy of R0 as the head of R0I_OPS says, builds it and holds it against its
reference on the CPU and, where there is a driver, on Vulkan. Catches: an op table that asks for more than 4 places, what
is no longer generated from a row, a row that is taken for another one."""
import difflib, os, shutil, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MOST = 4  # places: the row, the reference, the shader, the function that names its operands
ROW = '    X(halve, count, "N", "N", a->count, 1, PLAIN, EACH, 1)'
REFERENCE = '''static void r0i_cpu_halve(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(count);
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    (void)a;
    for (int64_t i = begin; i < end; i++) y[i] = x[i] / 2;
}

'''
WRAPPER = '''static void r0i_halve(r0i_device *device, r0i_view y, r0i_view x, uint32_t count)
{
    r0i_count_args args = {count, 0};
    r0i_view views[] = {y, x};
    r0i_run(device, R0I_OP_halve, &args, sizeof args, views);
}

'''
SHADER = '''#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };

void main()
{
    uint i = invocation();
    if (i < count) y[first(0) + i] = x[first(1) + i] / 2;
}
'''
# Beside the checks of every op: the function as a model would call it, and an operand that is cut into parts.
TEST = '''
static void toy_case(test *t, r0i_device *device, uint32_t count)
{
    r0i_buffer x, y;
    float *values = (float *)malloc(count * sizeof *values);
    for (uint32_t i = 0; i < count; i++) values[i] = (float)i - 7;
    CHECK(!r0i_buffer_create(device, count, 4, &x) && !r0i_buffer_create(device, count, 4, &y));
    r0i_write(r0i_view_all(&x), values);
    r0i_halve(device, r0i_view_all(&y), r0i_view_all(&x), count);
    r0_status status = r0i_read(r0i_view_all(&y), values);
    CHECK(device->is_cpu || HAS_SHADER ? !status : strstr(r0_error(device->context), "no shader") != NULL, "%s",
          r0_error(device->context));
    int wrong = 0;
    for (uint32_t i = 0; i < count; i++) wrong += values[i] != ((float)i - 7) / 2;
    CHECK(!wrong || status, "halve: %d of %u are wrong on %s", wrong, count, device->name);
    r0i_buffer_destroy(&x), r0i_buffer_destroy(&y);
    free(values);
}

static void test_toy(test *t)
{
    r0i_count_args a = {4097, 0};
    OPS_CHECK(halve, a, 0);
    toy_case(t, t->r0->device, 1000);
#ifndef R0_NO_VULKAN
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes, sizes[1] = {0};
    uint32_t limits[1] = {0};
    vk_bench bench, *b = &bench;
    options.max_range = 2048; // 1,000 numbers are two parts and more
    memset(b, 0, sizeof bench);
    b->vk = vk_open(t, &context, &options, &bytes);
    if (!b->vk) return;
    b->t = t, b->cpu = t->r0->device, b->mode = "toy", b->slack = 1, b->pad = 19;
    if (HAS_SHADER) VK_CASE(halve, "ff", 0, count, 1000, 0);
    toy_case(t, b->vk, 1000);
    if (HAS_SHADER) vk_close(t, context, b->vk, bytes);
#endif
}
'''


def insert(text, before, what):
    assert text.count(before) == 1, '%d times: %s' % (text.count(before), before)
    return text.replace(before, what + before)


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def places(old, new):
    """Regions of lines that differ, without what is generated."""
    old, new = (text[:text.index('\n// >>spirv\n')].split('\n') for text in (old, new))
    return sum(tag != 'equal' for tag, *_ in difflib.SequenceMatcher(None, old, new, False).get_opcodes())


def main(folder):
    passed, failed, skipped = 0, 0, 0
    for name in ('shaders', 'tests', 'examples'):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name), ignore=shutil.ignore_patterns('corpus'))
    old = open(os.path.join(ROOT, 'r0.h'), encoding='utf-8').read()
    row = next(line for line in old.split('\n') if line.startswith('    X(add, '))
    new = insert(old, row, ROW.ljust(len(row) - 1) + '\\\n')
    new = insert(new, 'static void r0i_cpu_add(', REFERENCE)
    new = insert(new, 'static void r0i_scale(', WRAPPER)
    header = os.path.join(folder, 'r0.h')
    open(header, 'w', encoding='utf-8').write(new)
    count = places(old, new) + 1
    open(os.path.join(folder, 'shaders', 'halve.comp'), 'w').write(SHADER)
    has_shader = shutil.which('glslangValidator') is not None
    if has_shader:
        code, said = run([sys.executable, 'shaders/build.py'], folder)
        has_shader = code == 0
        if code:
            failed += 1
            print('FAIL op: make shaders: ' + said)
    else:
        skipped += 1
        print('SKIP op: no glslangValidator, hence no shader')
    if count <= MOST:
        passed += 1
    else:
        failed += 1
        print('FAIL op: %d places for one op' % count)
    open(os.path.join(folder, 'tests', 'test_toy.c'), 'w').write(TEST)
    open(os.path.join(folder, 'tests', 'groups.h'), 'w').write(
        ''.join('#include "test_%s.c"\n' % name for name in ('ops', 'vulkan', 'toy')) +
        '#define TEST_GROUPS(X) X(ops) X(vulkan) X(toy)\n')
    command = [os.environ.get('CC', 'cc'), *os.environ.get('CPPFLAGS', '').split(), '-O0', '-std=gnu11', '-DR0_TEST',
               '-DHAS_SHADER=%d' % has_shader, '-ffp-contract=off', '-Itests', '-o', 'toy', 'tests/test.c']
    if run([*command[:1], *os.environ.get('CPPFLAGS', '').split(), '-E', '-include', 'vulkan/vulkan.h', '-x', 'c',
            os.devnull], folder)[0]:
        command.append('-DR0_NO_VULKAN')
    code, said = run([*command, '-lm', '-lpthread'] + ['-ldl'] * sys.platform.startswith('linux'), folder)
    if not code:
        code, said = run(['./toy', 'toy'], folder)
    skipped += said.count('SKIP')
    print(said, end='')
    if code == 0:
        passed += 1
    else:
        failed += 1
        print('FAIL op: a new op does not build, or is not what its reference is')
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    return failed


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(scratch) != 0)
