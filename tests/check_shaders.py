"""The shaders at the end of r0.h are those of shaders/. Catches: a source that was edited and not compiled again (by its
hash, so no compiler is needed) and, where the glslangValidator that >>spirv names is at hand, words that differ."""
import os, re, sys

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
print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
sys.exit(failed != 0)
