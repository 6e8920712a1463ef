"""The shaders at the end of r0.h are those of shaders/. Catches: a source that was edited and not compiled again (by its
hash, so no compiler is needed) and, where the glslangValidator that >>spirv names is at hand, words that differ. And what
Apple's compiler does not take, or changes: an array whose size is chosen when the pipeline is made (by what spirv-cross
makes of it, where that is at hand), infinities and comparisons with what is not a number, which fast math folds."""
import os, re, shutil, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'shaders'))
sys.dont_write_bytecode = True
import build

passed, failed, skipped = 0, 0, 0
old = build.split(open(build.HEADER, encoding='utf-8').read())[1]
recorded = dict(re.findall(r'^// (\w+)\.comp ([0-9a-f]{16})$', old, re.M))
for name in sorted(set(build.names()) | set(build.ops()) | set(recorded)):
    if name in build.names() and recorded.get(name) == build.source_hash(name):
        passed += 1
    else:
        failed += 1
        print('FAIL shaders: %s.comp is not what >>spirv holds: run `make shaders`' % name)
version = (re.findall(r'glslangValidator (\S+)\. ', old) or ['?'])[0]
if build.compiler() != version:
    skipped += 1
    print('SKIP shaders: compiling again needs glslangValidator %s, here is %s' % (version, build.compiler()))
elif build.section(version) == old:
    passed += 1
else:
    failed += 1
    print('FAIL shaders: compiling shaders/ gives other words than >>spirv holds: run `make shaders`')


def check(what, bad):
    global passed, failed
    passed, failed = passed + (not bad), failed + bool(bad)
    for line in bad:
        print('FAIL shaders: %s: %s' % (what, line))


texts = {name: build.source(os.path.join(build.SHADERS, name + '.comp')) for name in build.names()}
code = {name: re.sub('//.*', '', text) for name, text in texts.items()}
FOLDED = r'1\.0 / 0\.0|\bisnan\b|\bisinf\b|!\(\w+ [<>]=? [-\de.]+\)'
check('no infinity, no test of a number against itself', [
    '%s: %s' % (name, match) for name, text in code.items() for match in re.findall(FOLDED, text)])
check('no array as long as the workgroup', [
    name for name, text in code.items() if re.search(r'\[[^\]]*gl_WorkGroupSize', text)])


def metal(words):
    """Arrays of the Metal program whose size hangs on a function constant."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'x.spv')
        open(path, 'wb').write(struct.pack('<%dI' % len(words), *words))
        done = subprocess.run(['spirv-cross', '--msl', '--msl-version', '20300', path], capture_output=True, text=True)
    if done.returncode:
        return ['is not translated: ' + done.stderr.strip()[:200]]
    chosen = set(re.findall(r'constant \w+ (\w+) \[\[function_constant', done.stdout))
    for name, value in re.findall(r'^constant \w+ (\w+)(?: \[\[\w+\]\])? = (.*);$', done.stdout, re.M):
        if chosen & set(re.findall(r'\w+', value)):
            chosen.add(name)
    sizes = re.findall(r'threadgroup \w+ \w+\[([^\]]+)\];', done.stdout)
    return ['an array of ' + size for size in sizes if chosen & set(re.findall(r'\w+', size))]


if not shutil.which('spirv-cross') or not build.compiler():
    skipped += 1
    print('SKIP shaders: no spirv-cross')
else:
    plain = [name for name in build.names() if not name.startswith('cooperative')]
    check('Metal takes it', ['%s: %s' % (name, bad) for name in plain for bad in metal(build.compile_shader(name))])
print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
sys.exit(failed != 0)
