"""Compiles shaders/*.comp with glslangValidator and splices them into the end of r0.h: `make shaders`.

A shader is kept as C strings: its 32-bit words as LEB128, 7 bits a byte, which shrinks SPIR-V's small numbers; the
first word of an instruction is opcode << 5 | min(length, 31), the length following when it is 31. Five base-85 digits,
most significant first, hold four of those bytes. Digits are the characters from '#' on, with x for \\ and y for ?.
"""
import hashlib, os, re, struct, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHADERS, HEADER = os.path.join(ROOT, 'shaders'), os.path.join(ROOT, 'r0.h')
BEGIN, END = '// >>spirv\n', '// <<spirv'
ROW = 105  # characters of a row: with quotes and comma it stays below 110


def source(path, seen=()):
    """The text of a shader with its includes in place, as the hash sees it."""
    text = open(path, encoding='utf-8', newline='').read().replace('\r\n', '\n')
    def include(match):
        return source(os.path.join(SHADERS, match.group(1)), seen + (path,))
    assert path not in seen, path + ' includes itself'
    return re.sub(r'#include "([^"]+)"', include, text)


def names():
    return sorted(f[:-5] for f in os.listdir(SHADERS) if f.endswith('.comp'))


def source_hash(name):
    return hashlib.sha256(source(os.path.join(SHADERS, name + '.comp')).encode()).hexdigest()[:16]


def compiler():
    """The version line of glslangValidator, None when there is none."""
    try:
        text = subprocess.run(['glslangValidator', '--version'], capture_output=True, text=True).stdout
        return re.search(r'Glslang Version: (\S+)', text).group(1)
    except (OSError, AttributeError):
        return None


def compile_shader(name):
    """The shorter of the plain and the size-optimized module (which inlines every function), as words."""
    best = None
    cooperative = 'spirv_type' in source(os.path.join(SHADERS, name + '.comp'))  # an optimizer of 2023 knows no such types
    for flags in (['-Os'], []) if not cooperative else ([],):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, 'out.spv')
            command = ['glslangValidator', '-g0', *flags, '--target-env', 'vulkan1.1', '-o', out, name + '.comp']
            done = subprocess.run(command, cwd=SHADERS, capture_output=True, text=True)
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
            data = open(out, 'rb').read()
        if best is None or len(data) < len(best):
            best = data
    words = struct.unpack('<%dI' % (len(best) // 4), best)
    return matrix_types(words) if cooperative else words


def instructions(words):
    at = 5
    while at < len(words):
        yield list(words[at:at + (words[at] >> 16)])
        at += words[at] >> 16


def matrix_types(words):
    """Completes OpTypeCooperativeMatrixKHR, which takes ids of a type and of constants where glslang 12 lets a shader
    write nothing but numbers. The first, 16 or 32, becomes the float type of so many bits; 1000 + i the specialization
    constant i; others the constant of that value. All are declared before the type, as ids must be."""
    INT, FLOAT, CONSTANT, SPEC_CONSTANT, MATRIX, DECORATE, SPEC_ID, FUNCTION = 21, 22, 43, 50, 4456, 71, 1, 54
    code = list(instructions(words))
    kind = [i[0] & 0xffff for i in code]
    floats = {i[2]: i[1] for i, k in zip(code, kind) if k == FLOAT}
    uint = next(i[1] for i, k in zip(code, kind) if k == INT and i[2:] == [32, 0])
    ids = {i[3]: i[2] for i, k in zip(code, kind) if k == CONSTANT and i[1] == uint}
    ids.update({1000 + i[3]: i[1] for i, k in zip(code, kind) if k == DECORATE and i[2] == SPEC_ID})
    for i, k in zip(code, kind):
        if k == MATRIX:
            i[2:] = [floats[i[2]]] + [ids[number] for number in i[3:]]
    first, end = kind.index(MATRIX), kind.index(FUNCTION)
    early = [j for j in range(first, end) if kind[j] in (INT, FLOAT, CONSTANT, SPEC_CONSTANT)]
    order = [*range(first), *early, *[j for j in range(first, len(code)) if j not in early]]
    return words[:5] + tuple(word for j in order for word in code[j])


def leb128(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return out


def encode(words):
    data = bytearray()
    for word in words[:5]:  # the header
        data += leb128(word)
    for head, *operands in instructions(words):
        length, opcode = head >> 16, head & 0xffff
        data += leb128(opcode << 5 | min(length, 31))
        if length >= 31:
            data += leb128(length)
        for word in operands:
            data += leb128(word)
    data += bytes(-len(data) % 4)
    text = ''
    for i in range(0, len(data), 4):
        value = int.from_bytes(data[i:i + 4], 'big')
        digits = [value // 85 ** power % 85 for power in (4, 3, 2, 1, 0)]
        text += ''.join(chr(35 + d) for d in digits)
    return text.replace('\\', 'x').replace('?', 'y')


def ops():
    rows = re.search(r'^#define R0I_OPS\(X\).*?\n\n', open(HEADER, encoding='utf-8').read(), re.M | re.S).group()
    return re.findall(r'^    X\((\w+),', rows, re.M)


def section(version):
    head = '// Generated by `make shaders` from shaders/; glslangValidator %s. Nothing below is written by hand.'
    out = [head % version, '']
    out.append('#ifndef R0_NO_VULKAN')
    table = {}
    for name in names():
        words = compile_shader(name)
        text = encode(words)
        out.append('// %s.comp %s' % (name, source_hash(name)))
        out.append('static const char *const r0i_spirv_%s[] = {' % name)
        out += ['    "%s",' % text[i:i + ROW] for i in range(0, len(text), ROW)]
        out.append('    NULL,')
        out.append('};')
        table[name] = len(words)
    for kind, prefix in (('of', ''), ('of_matrices', 'cooperative_')):
        out += ['', 'static r0i_spirv r0i_spirv_%s(r0i_op op)' % kind, '{', '    r0i_spirv packed = {NULL, 0};']
        out += ['    switch (op) {']
        out += ['    case R0I_OP_%s: packed.rows = r0i_spirv_%s, packed.words = %d; break;' %
                (op, prefix + op, table[prefix + op]) for op in ops() if prefix + op in table]
        out += ['    default: break;', '    }', '    return packed;', '}']
    out += ['#endif', '']
    return '\n'.join(out)


def split(text):
    begin, end = text.index('\n' + BEGIN) + 1 + len(BEGIN), text.rindex(END)
    return text[:begin], text[begin:end], text[end:]


def make():
    before, old, after = split(open(HEADER, encoding='utf-8').read())
    version = compiler()
    if not version:
        sys.exit('make shaders needs glslangValidator (package glslang-tools)')
    new = section(version)
    if new != old:
        with open(HEADER, 'w', encoding='utf-8', newline='') as file:
            file.write(before + new + after)
    print('%d shaders, %d lines in >>spirv' % (len(names()), new.count('\n')))


if __name__ == '__main__':
    make()
