"""What real GPU compilers make of every pipeline of R0: `make shader-report`. No GPU is needed.

build/shader_report (tests/shader_report.c) asks the library for its pipelines on a compiler at a time and keeps what
the compiler tells; here that is read, the machine code's inner loops are found and counted, and
build/shader-report/report.md is written; bench/shaders.md says what it meant. Exit code 1 when what the library chose
for a chip spills or computes too little beside its other instructions (faults_of), or when no compiler could be run.

    python3 tests/shader_report.py [-o FILE] [--keep] [NAME...]     --keep: read the last run; NAME: these chips only
"""
import functools, os, re, shutil, subprocess, sys, time

print = functools.partial(print, flush=True)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.path.join(ROOT, 'build', 'shader-report')

# -- the chips and their published rates --


class Chip:
    """A GPU as its compiler and its maker describe it. `lanes` are the FMA lanes that one issue slot feeds at best;
    `slots` how many slots a vector instruction of a whole subgroup of that size takes, FMAs first; `lds` and `fma`
    are per clock and compute unit (bytes, FMAs), `l2` bytes per clock of the chip; `matrix` the slots of a matrix
    instruction. None: not published, no cap."""
    def __init__(self, name, title, kind, environment, **rates):
        self.name, self.title, self.kind, self.environment = name, title, kind, environment
        self.units = self.clock = self.fma = self.lds = self.l2 = self.dram = self.waves = None
        self.lanes, self.slots, self.matrix = 32, {}, 32
        self.__dict__.update(rates)


def radv(name, newer=None):
    """`newer`: what Mesa calls the family from version 23 on, where that is another name."""
    return {'driver': 'system', 'icd': 'radeon_icd', 'RADV_FORCE_FAMILY': name, 'newer name': newer}


def shim(library, icd, **environment):
    return dict(environment, driver='newer', icd=icd, shim='lib%s_noop_drm_shim.so' % library)


def amd(name):
    return shim('amdgpu', 'radeon_icd', AMDGPU_GPU_ID=name)


def intel(platform, suite):
    """Intel's driver of a Debian suite: this system's where it is the same, else unpacked (tests/newer_mesa.sh)."""
    return {'driver': suite, 'icd': 'intel_icd', 'INTEL_STUB_GPU_PLATFORM': platform}


def nvidia(chip):
    return shim('nouveau', 'nouveau_icd', NOUVEAU_CHIPSET=chip, NVK_I_WANT_A_BROKEN_VULKAN_DRIVER='1')


# GCN issues an instruction of 64 lanes in 4 clocks (16 lanes wide): that is its slot. RDNA's SIMD is 32 wide, so that
# 64 lanes take two slots; RDNA3 has twice the FMA lanes, and runs an f32 FMA of 64 lanes in one slot, or two of 32
# lanes in one instruction (VOPD). NVIDIA from Ampere on issues an instruction of 32 lanes per clock and partition.
GCN = dict(kind='GCN', lanes=64, slots={64: (1, 1)}, fma=64, lds=128, waves=10)
RDNA = dict(kind='RDNA2', lanes=32, slots={64: (2, 2), 32: (1, 1)}, fma=64, lds=128, waves=16)
RDNA3 = dict(kind='RDNA3', lanes=64, slots={64: (1, 2), 32: (1, 1)}, fma=128, lds=128, waves=16)
NVIDIA = dict(kind='NVIDIA', lanes=32, slots={32: (1, 1)}, fma=128, lds=128)


def chip(name, title, family, environment, **more):
    rates = dict(family, **more)
    return Chip(name, title, rates.pop('kind'), environment, **rates)


VEGA = dict(units=64, clock=1.546, l2=1024, dram=484)
BIG_NAVI = dict(units=72, clock=2.25, l2=1024, dram=512)
NAVI31 = dict(units=96, clock=2.5, dram=960)
CHIPS = [
    chip('gcn', 'GCN: RX Vega 64 (vega10)', GCN, radv('vega10'), **VEGA),
    chip('rdna2', 'RDNA2: RX 6800 XT (navi21)', RDNA, radv('navi21'), **BIG_NAVI),
    chip('rdna3', 'RDNA3: RX 7900 XTX (gfx1100)', RDNA3, radv('gfx1100', 'navi31'), **NAVI31),
    chip('polaris10', 'GCN: RX 580 (polaris10)', GCN, amd('polaris10'), units=36, clock=1.34, dram=256),
    chip('vega10', 'GCN: RX Vega 64 (vega10)', GCN, amd('vega10'), **VEGA),
    chip('navi21', 'RDNA2: RX 6800 XT (navi21)', RDNA, amd('navi21'), **BIG_NAVI),
    chip('navi31', 'RDNA3: RX 7900 XTX (navi31)', RDNA3, amd('navi31'), **NAVI31),
    chip('phoenix', 'RDNA3, integrated: Radeon 780M (phoenix)', RDNA3, amd('phoenix'), units=12, clock=2.7, dram=120),
    chip('gfx1201', 'RDNA4: RX 9070 XT (gfx1201)', RDNA3, amd('gfx1201'), kind='RDNA4', units=64, clock=2.97, dram=640,
         matrix=16),
    chip('turing', 'NVIDIA Turing: RTX 2080 Ti (TU102)', NVIDIA, nvidia('162'), fma=64, units=68, clock=1.545, dram=616,
         slots={32: (2, 1)}, lanes=16, waves=32),
    chip('ampere', 'NVIDIA Ampere: RTX 3090 (GA102)', NVIDIA, nvidia('172'), units=82, clock=1.695, dram=936, waves=48),
    chip('ada', 'NVIDIA Ada: RTX 4090 (AD102)', NVIDIA, nvidia('192'), units=128, clock=2.52, dram=1008, waves=48),
    Chip('adreno', 'Qualcomm Adreno 740', 'Adreno', shim('freedreno', 'freedreno_icd', FD_GPU_ID='740'), waves=16),
    Chip('dg2', 'Intel Arc A770M (DG2), Mesa 22.3', 'Intel', intel('dg2', 'bookworm')),
    Chip('tgl', 'Intel Iris Xe (TGL), Mesa 22.3', 'Intel', intel('tgl', 'bookworm')),
    Chip('dg2-25', 'Intel Arc A770M (DG2), Mesa 25.0', 'Intel', intel('dg2', 'trixie')),
    Chip('tgl-25', 'Intel Iris Xe (TGL), Mesa 25.0', 'Intel', intel('tgl', 'trixie')),
    Chip('bmg-25', 'Intel Arc B580 (BMG), Mesa 25.0', 'Intel', intel('bmg', 'trixie')),
    Chip('apple', 'Apple M1 (G13G)', 'Apple', shim('asahi', 'asahi_icd'), waves=1024),
]

# -- running the compilers --


def environment_of(chip, newer):
    """(environment, command in front) that make a program see this chip; a text that says why not."""
    how, env = chip.environment, dict(os.environ, MESA_SHADER_CACHE_DISABLE='true')
    env.update({key: value for key, value in how.items() if key.isupper()})
    driver, shim = how['driver'], how.get('shim')
    if driver in ('bookworm', 'trixie'):
        shim = script('intel_shim.sh', driver)
        newer = script('newer_mesa.sh', driver) if shim and driver != suite_here() else None
        if not shim or (not newer and driver != suite_here()):
            return "no Intel driver of Debian's %s here (tests/intel_shim.sh and newer_mesa.sh say why)" % driver
        if not newer:
            driver, env['LD_PRELOAD'] = 'system', shim
    if driver == 'system':
        places = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d']
        names = [os.path.join(p, f) for p in places if os.path.isdir(p) for f in os.listdir(p)]
        found = [f for f in names if os.path.basename(f).startswith(how['icd'])]
        if not found:
            return 'this system has no %s (package mesa-vulkan-drivers)' % how['icd']
        prefix = []
    else:
        if not newer:
            return 'no newer Mesa here (tests/newer_mesa.sh says why)'
        folders = os.walk(os.path.join(newer, 'usr/lib'))
        library = next((folder for folder, _, files in folders if 'libvulkan.so.1' in files), None)
        found = [os.path.join(newer, 'usr/share/vulkan/icd.d', how['icd'] + '.json')]
        loader = [f for f in os.listdir(library or '/') if f.startswith('ld-linux')]
        shim = os.path.join(library or '', shim)
        if not library or not os.path.exists(shim) or not os.path.exists(found[0]) or not loader:
            return 'the newer Mesa has no %s' % shim
        prefix = [os.path.join(library, loader[0]), '--preload', shim, '--library-path', library]
    env['VK_DRIVER_FILES'] = env['VK_ICD_FILENAMES'] = found[0]
    return env, prefix


def compile_on(chip, newer, models=()):
    """Runs the compiler of a chip; None when it worked, else a text that says why not."""
    folder = os.path.join(WORK, chip.name)
    shutil.rmtree(folder, ignore_errors=True)
    how = environment_of(chip, newer)
    if isinstance(how, str):
        return how
    os.makedirs(folder)
    command = how[1] + [os.path.join(ROOT, 'build', 'shader_report'), folder, *models]
    try:
        done = subprocess.run(command, env=how[0], capture_output=True, text=True, timeout=1200)
        if 'Unknown family' in done.stderr and chip.environment.get('newer name'):
            how[0]['RADV_FORCE_FAMILY'] = chip.environment['newer name']
            done = subprocess.run(command, env=how[0], capture_output=True, text=True, timeout=1200)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:200]
    if done.returncode:
        return (done.stderr.strip().split('\n') or [''])[-1][:200] + ' (exit code %d)' % done.returncode
    return None


@functools.lru_cache(None)
def script(name, *arguments):
    """The path that a script of tests/ prints, None when it says why not."""
    done = subprocess.run(['sh', os.path.join(ROOT, 'tests', name), *arguments], capture_output=True, text=True)
    sys.stderr.write(done.stderr)
    return done.stdout.strip() or None


def suite_here():
    """This system's Debian suite; None on others."""
    try:
        return re.search(r'^VERSION_CODENAME=(\w+)', open('/etc/os-release').read(), re.M).group(1)
    except (OSError, AttributeError):
        return None


# -- what a compiler told of a pipeline --


class Pipeline:
    def __init__(self, path):
        self.stats, self.texts, self.op, self.args, self.constants = {}, {}, '', [], []
        self.subgroup, self.model, self.dispatches, section = 0, '', 0, None
        for line in open(path, errors='replace'):
            line = line.rstrip('\n')
            if line.startswith('---- '):
                section = self.texts.setdefault(line[5:], [])
            elif section is not None:
                section.append(line)
            else:
                self.head(*(line.split(' ', 1) + [''])[:2])

    def head(self, key, value):
        if key == 'stat':
            name, number = value.split(' = ')
            self.stats[name] = float(number)
        elif key in ('arguments', 'constants'):
            setattr(self, 'args' if key == 'arguments' else 'constants', [int(word) for word in value.split()])
        elif key in ('op', 'model'):
            setattr(self, key, value)
        elif key in ('subgroup', 'dispatches'):
            setattr(self, key, int(value))

    def stat(self, *names):
        """The sum of those that this compiler tells, None when it tells none."""
        known = [self.stats[name] for name in names if name in self.stats]
        return int(sum(known)) if known else None

    registers = property(lambda p: p.stat('VGPRs', 'Number of GPRs', 'Registers used', 'GPRs'))
    scalars = property(lambda p: p.stat('SGPRs'))
    spills = property(lambda p: p.stat('Spilled SGPRs', 'Spilled VGPRs', 'Spills to memory', 'Fills from memory',
                                       'Spills', 'Fills', 'Spill Count', 'Fill Count'))
    scratch = property(lambda p: p.stat('Scratch size', 'SLM size', 'Scratch', 'STP Count', 'Scratch Memory',
                                        'Scratch Memory Size'))
    shared = property(lambda p: p.stat('LDS size', 'Workgroup Memory', 'Workgroup Memory Size'))
    size = property(lambda p: p.stat('Code size'))
    waves = property(lambda p: p.stat('Subgroups per SIMD', 'Max warps/SM', 'Max Waves Per Core', 'Threads'))

    def key(self):
        return self.op, tuple(self.constants)


# -- machine code: blocks, loops, what an instruction is --


class Block:
    def __init__(self, name):
        self.name, self.code, self.next = name, [], []


def joined(blocks, jumps, ends, target):
    """Blocks end at a branch, which goes on below too unless it `ends`; `target` names where it goes."""
    split = []
    for block in blocks:
        split.append(Block(block.name))
        for text in block.code:
            if split[-1].code and re.match(jumps, split[-1].code[-1]):
                split.append(Block('%s after %d' % (block.name, len(split))))
            split[-1].code.append(text)
    for i, block in enumerate(split):
        last = block.code[-1] if block.code else ''
        block.next = re.findall(target, last) if re.match(jumps, last) else []
        if i + 1 < len(split) and not re.match(ends, last):
            block.next.append(split[i + 1].name)
    return split


def blocks_of_amd(lines):
    """ACO's assembly: "BB7:", then instructions, a branch naming a block."""
    blocks = []
    for line in lines:
        label = re.match(r'(BB\d+):', line)
        if label:
            blocks.append(Block(label.group(1)))
        elif line.startswith('\t') and blocks:
            blocks[-1].code.append(re.sub(r'\s*;.*', '', line.strip()))
    return joined(blocks, r's_c?branch', r's_branch|s_endpgm|s_setpc', r'\b(BB\d+)')


def blocks_of_nak(lines):
    """NAK's: "block 7 L13 [6] -> {", then instructions, then "} -> [8, 9]"."""
    blocks = []
    for line in lines:
        head, tail = re.match(r'block\S* (\d+) ', line), re.match(r'\} -> \[(.*)\]', line)
        if head:
            blocks.append(Block(head.group(1)))
        elif tail and blocks:
            blocks[-1].next = [name.strip() for name in tail.group(1).split(',') if name.strip()]
        elif line.startswith(' ') or line.startswith('@'):
            blocks[-1].code.append(re.sub(r'\s*//.*', '', line).strip())
    return blocks


def blocks_of_ir3(lines):
    """Freedreno's: "l131:", then instructions with marks before them; (rptN) repeats one N times more."""
    blocks = [Block('start')]
    for line in lines:
        label = re.match(r'(l\d+):', line)
        marks, text = re.match(r'((?:\([a-z0-9]+\))*)(.*)', line.strip()).groups()
        if label:
            blocks.append(Block(label.group(1)))
        elif re.match(r'[a-z]\w*(\.|$|\s)', text) and not line.startswith(';'):
            repeat = re.search(r'\(rpt(\d)\)', marks)
            blocks[-1].code += [text] * (1 + int(repeat.group(1)) if repeat else 1)
    return joined(blocks, r'br|jump', r'jump|end', r'#(l\d+)')


def blocks_of_intel(lines):
    """ANV's: "LABEL2:", then instructions like "(+f0.0) break(8) JIP: LABEL0 UIP: LABEL0 {...}"; what a send is for
    stands in a line of its own below it. Lanes that leave wait: whatever jumps goes on below, too."""
    blocks = [Block('start')]
    for line in lines:
        label = re.match(r'(LABEL\d+):', line.strip())
        text = re.sub(r'^\([^)]*\)\s*', '', line)
        if label:
            blocks.append(Block(label.group(1)))
        elif re.match(r'[a-z]\w*(\.\S+)?(\s+\w+)?\(\d+\)', text):
            blocks[-1].code.append(text)
        elif 'MsgDesc' in line and blocks[-1].code:
            blocks[-1].code[-1] += ' ' + line.strip()
    return joined(blocks, r'(if|else|while|break|cont|halt|goto)\b', r'$.', r'(LABEL\d+)')


def loops_of(blocks):
    """The natural loops: (header, names of the blocks), from the edges that go back to a block that dominates."""
    all_, reached, open_ = {block.name: block for block in blocks}, set(), [blocks[0].name]
    while open_: # padding after a jump is not reached, and would seem a second way into a loop
        name = open_.pop()
        if name in all_ and name not in reached:
            reached.add(name)
            open_ += all_[name].next
    blocks = [block for block in blocks if block.name in reached]
    by = {block.name: block for block in blocks}
    before = {name: [] for name in by}
    for block in blocks:
        for name in block.next:
            if name in by:
                before[name].append(block.name)
    names = [block.name for block in blocks]
    over = {name: set(names) for name in names} # who dominates
    over[names[0]] = {names[0]}
    changed = True
    while changed:
        changed = False
        for name in names[1:]:
            ways = [over[p] for p in before[name]]
            new = (set.intersection(*ways) if ways else set()) | {name}
            changed |= new != over[name]
            over[name] = new
    loops = {}
    for block in blocks:
        for head in block.next:
            if head in over[block.name]: # goes back
                body, open_ = loops.setdefault(head, {head}), [block.name]
                while open_:
                    name = open_.pop()
                    if name not in body:
                        body.add(name)
                        open_ += before[name]
    return loops


BYTES = {'ubyte': 1, 'sbyte': 1, 'u8': 1, 'i8': 1, 'short': 2, 'ushort': 2, 'sshort': 2, 'u16': 2, 'i16': 2, 'b16': 2,
         'dword': 4, 'b32': 4, 'u32': 4, 'dwordx2': 8, 'b64': 8, 'dwordx3': 12, 'b96': 12, 'dwordx4': 16, 'b128': 16}


def bytes_of(opcode):
    sizes = [BYTES[part] for part in re.split(r'[_.]', opcode) if part in BYTES]
    return (sizes[-1] if sizes else 4) * (2 if '2addr' in opcode or re.search(r'(read|write)2', opcode) else 1)


# Of each instruction: (class, FMAs per lane, bytes per lane). Classes: fma, matrix, valu, lds, vmem, smem, salu, wait.
def class_of_amd(text):
    opcode = text.split()[0]
    if re.match(r'v_(s?wmma|mfma)', opcode):
        return 'matrix', 128, 0 # 16 x 16 x 16 of 32 lanes
    if opcode.startswith('v_'):
        halves = text.split('::')
        fma = r'\s*v_(dual_|pk_)?(fma|fmac|mac|mad|fmaak|fmamk|madak|madmk)(_mix\w*)?_(f32|f16|legacy)'
        fmas = sum(bool(re.match(fma, half)) for half in halves)
        fmas += fmas if opcode.startswith('v_pk_') else 0
        dots = re.match(r'v_dot(\d)', opcode)
        fmas = int(dots.group(1)) if dots else fmas
        return ('fma' if fmas else 'valu'), fmas, 0
    if opcode.startswith('ds_'):
        return 'lds', 0, bytes_of(opcode)
    if re.match(r'(buffer|global|flat|scratch|tbuffer|image)_', opcode):
        return 'vmem', 0, bytes_of(opcode)
    if re.match(r's_(buffer_)?load', opcode):
        return 'smem', 0, 0
    if re.match(r's_(waitcnt|nop|delay_alu|clause|barrier|wait_\w+|set_inst_prefetch|sleep|code_end)', opcode):
        return 'wait', 0, 0
    return 'salu', 0, 0


def class_of_nak(text):
    match = re.match(r'(?:@\S+\s+)?(?:(.*?)\s*=\s+)?(\S+)', text)
    to, opcode = match.group(1) or '', match.group(2)
    if re.match(r'(hmma|imma|mma)', opcode):
        return 'matrix', 64 if '16816' in opcode or 'm16n8k16' in opcode else 32, 0 # 16 x 8 x 16, or x 8, of 32 lanes
    if re.match(r'(ffma|hfma2)', opcode):
        return 'fma', 2 if opcode.startswith('hfma2') else 1, 0
    if re.match(r'(ld|st|atom)\.shared|lds|sts', opcode):
        return 'lds', 0, bytes_of(opcode)
    if re.match(r'(ld|st|atom|red)\.(global|local)|tex|tld|su', opcode):
        return 'vmem', 0, bytes_of(opcode)
    if opcode.startswith('ldc'):
        return 'smem', 0, 0
    if re.match(r'(bar|membar|nop|warpsync|depbar|bsync|bssy|bclear)', opcode) or 'bssy' in text or 'bclear' in text:
        return 'wait', 0, 0
    if to.startswith('u') or re.match(r'(bra|exit)', opcode):
        return 'salu', 0, 0
    return 'valu', 0, 0


def class_of_ir3(text):
    opcode = text.split()[0]
    if re.match(r'mad\.f(32|16)', opcode):
        return 'fma', 1, 0
    if re.match(r'(ldl|stl)', opcode):
        return 'lds', 0, 4 * int(text.split(', ')[-1] if text.split(', ')[-1].isdigit() else 1)
    if re.match(r'(ldib|stib|ldg|stg|isam|sam|ldp|stp|ldc)', opcode):
        mask = re.search(r'\(([xyzw]+)\)', text)
        return 'vmem', 0, 4 * len(mask.group(1)) if mask else 4
    if re.match(r'(nop|bar|fence)', opcode):
        return 'wait', 0, 0
    if re.match(r'(br|jump|predt|predf|prede|shps|shpe|end|ret)', opcode):
        return 'salu', 0, 0
    return 'valu', 0, 0


def class_of_intel(text):
    opcode = re.match(r'\w+', text).group()
    lanes = int(re.search(r'\((\d+)\)', text).group(1))
    if opcode == 'dpas':
        return 'matrix', 8, 0
    if opcode in ('mad', 'mac', 'dp4a') and re.search(r'\bg\S*F\b', text):
        return 'fma', 1, 0
    if opcode.startswith('send'):
        sizes = re.search(r'V(\d)|cmask, a32, d32, ([xyzw]+)', text)
        size = 4 * (int(sizes.group(1) or 0) or len(sizes.group(2) or 'x')) if sizes else 4
        if ' gateway ' in text or 'barrier' in text:
            return 'wait', 0, 0
        return ('lds' if re.search(r'\bslm\b|Surface = 254', text) else 'vmem'), 0, size
    if opcode in ('sync', 'nop', 'wait'):
        return 'wait', 0, 0
    jumps = ('if', 'else', 'endif', 'while', 'break', 'cont', 'halt')
    return ('salu' if lanes == 1 or opcode in jumps else 'valu'), 0, 0


READERS = {'GEN Assembly': (blocks_of_intel, class_of_intel), 'Assembly': (blocks_of_amd, class_of_amd),
           'NAK assembly': (blocks_of_nak, class_of_nak), 'IR3 Assembly': (blocks_of_ir3, class_of_ir3)}


def trips_of(code):
    """How often a small loop of loads goes round: a counter that grows by a constant up to another; 1 if unknown."""
    steps, ends = {}, []
    for text in code:
        words = re.split(r'[\s,]+', text)
        numbers = [int(w, 0) for w in words if re.fullmatch(r'0x[0-9a-f]+|[1-9]\d*', w)]
        names = [w for w in words if re.fullmatch(r'[vsr]\d+|ur\d+', w)]
        if re.search(r'\b(v_add|s_add|s_addk|iadd3|add\.)', text) and numbers and len(set(names)) == 1:
            steps[names[0]] = numbers[-1]
        elif re.search(r'cmp|setp', text) and numbers and names:
            ends.append((names, numbers[-1]))
    trips = [end // steps[name] for names, end in ends for name in names if steps.get(name)]
    return max([t for t in trips if t > 0] or [1])


class Loop:
    """The mix of a loop: instructions by class, once round; loops inside it that hold no FMA count as often as they
    go round (when that can be seen)."""
    def __init__(self, code, classify, weights):
        self.count, self.fmas, self.lds, self.vmem = {}, 0, 0, 0
        for text, weight in zip(code, weights):
            kind, fmas, size = classify(text)
            self.count[kind] = self.count.get(kind, 0) + weight
            self.fmas += fmas * weight
            self.lds += size * weight if kind == 'lds' else 0
            self.vmem += size * weight if kind == 'vmem' else 0


def parts_of(pipeline):
    """The loops that hold FMAs: most FMAs first. Loops inside such a loop count as often as they go round (once, when
    that cannot be seen), so that what lies between two inner loops, as softmax does in attention, counts too; of loops
    around such nests only those are told that hold FMAs of their own. Empty when no loop has one, or the compiler shows
    no machine code."""
    reader = next(((READERS[name], text) for name, text in pipeline.texts.items() if name in READERS), None)
    blocks = reader[0][0](reader[1]) if reader else []
    if not blocks:
        return []
    classify, by, parts = reader[0][1], {block.name: block for block in blocks}, []
    loops = loops_of(blocks)
    fmas = {head: sum(classify(t)[1] for name in body for t in by[name].code) for head, body in loops.items()}
    inner = {head: {h: b for h, b in loops.items() if h != head and h in body and b < body}
             for head, body in loops.items()}
    depth = {}
    for head in sorted(loops, key=lambda h: len(inner[h])):
        depth[head] = max([1 + depth[h] for h in inner[head]] + [0]) if fmas[head] else -1
    for head, body in loops.items():
        around = [h for h in loops if head in inner[h] and depth[h] == 1]
        nest = depth[head] == 1
        own = body if nest else body - set().union(*[b for h, b in inner[head].items() if fmas[h]])
        code, weights = [], []
        for name in own:
            weight = 1
            for b in inner[head].values():
                if name in b:
                    weight *= trips_of([t for n in b for t in by[n].code])
            code += by[name].code
            weights += [weight] * len(by[name].code)
        part = Loop(code, classify, weights)
        # A loop around others may hold an FMA or two beside the work.
        if not around:
            parts += [part] if part.fmas >= (8 if depth[head] > 1 else 1) else []
    return sorted(parts, key=lambda part: -part.fmas)


# -- how near the peak --


def slots_of(chip, subgroup, kind):
    if kind == 'matrix':
        return chip.matrix
    if kind in ('salu', 'smem', 'wait'):
        return 1
    first, other = chip.slots.get(subgroup, (1, 1))
    return first if kind == 'fma' else other


def estimate(chip, pipeline, loop):
    """Parts of the peak: by issue slots, and the caps by LDS, L2 and memory; None where a rate is not known."""
    slots = sum(n * slots_of(chip, pipeline.subgroup, kind) for kind, n in loop.count.items())
    issue = loop.fmas * pipeline.subgroup / (slots * chip.lanes) if chip.fma else loop.fmas / slots
    if loop.count.get('matrix'): # of the matrix units' peak; the caps below are those of f32 and do not apply
        return {'issue': loop.count['matrix'] * chip.matrix / slots}, loop.lds / loop.fmas, loop.vmem / loop.fmas
    lds, vmem = loop.lds / loop.fmas, loop.vmem / loop.fmas
    caps = {'issue': min(issue, 1)}
    if chip.fma and chip.lds and lds:
        caps['LDS'] = chip.lds / (lds * chip.fma)
    if chip.fma and chip.l2 and vmem:
        caps['L2'] = chip.l2 / (vmem * chip.fma * chip.units)
    if chip.fma and pipeline.op.startswith('matmul') and len(pipeline.args) >= 3:
        m, n, k = pipeline.args[:3]
        weight = 2 if len(pipeline.args) > 5 and pipeline.args[5] else 4 # bytes; see r0i_matmul_args
        per_fma = (4 * m * k + weight * k * n + 4 * m * n) / (m * n * k)
        caps['memory'] = chip.dram * 1e9 / (per_fma * chip.fma * chip.units * chip.clock * 1e9)
    return caps, lds, vmem


# -- the page --


def percent(value):
    return '%d %%' % round(100 * min(value, 9.99))


def loop_row(chip, pipeline, loop, number):
    caps, lds, vmem = estimate(chip, pipeline, loop)
    mix = [str(loop.count.get(kind, 0)) for kind in ('valu', 'lds', 'vmem', 'smem', 'salu', 'wait')]
    fma = loop.count.get('fma', 0) + loop.count.get('matrix', 0)
    fma = '%d' % fma + (' (%d FMAs)' % loop.fmas if loop.fmas != fma else '')
    name = '%s, %s' % (pipeline.op, pipeline.model) + (', loop %d' % number if number else '')
    rest = [percent(caps[c]) if c in caps else '-' for c in ('issue', 'LDS', 'L2', 'memory')]
    low = min(caps, key=caps.get)
    result = '**%s** (%s)' % (percent(caps[low]), low) if chip.fma else '-'
    return [name, str(pipeline.subgroup), fma] + mix + ['%.2f' % lds, '%.2f' % vmem] + rest + [result]


LOOP_HEAD = ['pipeline, shape', 'subgroup', 'FMA', 'other VALU', 'LDS', 'VMEM', 'SMEM', 'SALU', 'wait', 'LDS B/FMA',
             'VMEM B/FMA', 'issue', 'LDS cap', 'L2 cap', 'memory cap', 'estimate']


def table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    return lines + ['| ' + ' | '.join(row) + ' |' for row in rows] + ['']


def resources(chip, pipelines):
    rows = []
    for p in pipelines:
        # RADV counts subgroups of 32, whatever their size, from RDNA on.
        most = chip.waves and chip.waves * (p.subgroup // 32 if chip.kind.startswith('RDNA') else 1)
        waves = '-' if p.waves is None else '%d' % p.waves + (' of %d' % most if most else '')
        cells = [p.registers, p.scalars, p.spills, p.scratch, p.shared]
        rows.append(['%s %s' % (p.op, ' '.join(map(str, p.constants))), p.model, str(p.subgroup)] +
                    ['-' if c is None else '**%d**' % c if i in (2, 3) and c else '%d' % c
                     for i, c in enumerate(cells)] + [waves])
    return rows


RESOURCE_HEAD = ['pipeline and its constants', 'largest use', 'subgroup', 'registers', 'scalar registers', 'spills',
                 'scratch B', 'LDS B', 'occupancy']


def shown(op):
    return op.startswith(('matmul', 'attention'))


def chip_section(chip, pipelines, about):
    out = ['## %s' % chip.title, '', about, '']
    loops = [(p, parts_of(p)) for p in pipelines if shown(p.op)]
    rows = [loop_row(chip, p, part, i + 1 if len(parts) > 1 else 0) for p, parts in loops for i, part in
            enumerate(parts)]
    if rows:
        out += table(LOOP_HEAD, rows)
    elif loops:
        out += ['This driver does not show its machine code.', '']
    without = sorted({p.op for p, parts in loops if not parts})
    if rows and without:
        out += ['No loop with FMAs was found in: %s.' % ', '.join(without), '']
    return out + table(RESOURCE_HEAD, resources(chip, pipelines))


def rates_table(chips):
    rows = []
    for c in chips:
        cells = [c.units, c.clock, c.fma, c.lds, c.l2, c.dram]
        slots = ', '.join('%d lanes: FMA %d, other %d' % (lanes, *pair) for lanes, pair in c.slots.items()) or '-'
        rows.append([c.title] + ['-' if x is None else str(x) for x in cells] + [str(c.lanes) if c.fma else '-', slots])
    return table(['chip', 'compute units', 'GHz', 'FMA / clock / unit', 'LDS B / clock / unit', 'L2 B / clock',
                  'memory GB/s', 'FMA lanes a slot feeds', 'slots of a vector instruction'], rows)


HEAD = '''# What GPU compilers make of the shaders

`make shader-report` (tests/shader_report.c, tests/shader_report.py), %s, commit %s. No GPU took part: the library ran
on three models (the tiny one; one layer each of Qwen2.5-0.5B and Qwen3-4B, vocabulary 12,288: log-probabilities, a
training step of 2,048 tokens, decoding), asked each driver for its pipelines as it does on that GPU, and
VK_KHR_pipeline_executable_properties told what became of them. AMD through RADV without hardware
(`RADV_FORCE_FAMILY`) and, like the others, through the drm-shims of a newer Mesa (tests/newer_mesa.sh).

**Estimate** of the part of the peak that a matmul or attention reaches, by its inner loops: those that hold FMAs. Loops
inside them, with FMAs or without, count as often as they go round (once, when that cannot be seen), so that softmax
counts between scores and sums; an `if` counts as taken; LDS and VMEM bytes are per lane. A kernel with several such
loops: their harmonic mean, as if each did as many FMAs.

    issue  = FMAs x subgroup / (slots x FMA lanes a slot feeds), slots = sum of instructions x slots of their kind
    LDS    = LDS B/clock/unit / (LDS bytes per FMA x FMA/clock/unit)
    L2     = L2 B/clock / (VMEM bytes per FMA x FMA/clock of the chip): as if no nearer cache held anything
    memory = memory B/s / (bytes of x, w, y once / FMAs of the shape x FMA/s of the chip): matmuls only
    estimate = the least of the four

Every instruction costs its slots, scalar ones and waits too, although hardware can issue those of other subgroups at
the same time: the estimate is a lower bound of what issue allows, and knows nothing of latency. Rates, as published by
the makers (a dash: not known, no cap):
'''


def commit():
    try:
        text = subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=ROOT, capture_output=True, text=True)
        return text.stdout.strip() or 'unknown'
    except OSError:
        return 'unknown'


def read_folder(chip):
    folder = os.path.join(WORK, chip.name)
    about = open(os.path.join(folder, 'device.txt')).read().strip().split('\n')
    files = sorted(f for f in os.listdir(folder) if f[0].isdigit())
    pipelines = sorted((Pipeline(os.path.join(folder, f)) for f in files), key=lambda p: p.key())
    text = '%d pipelines. %s' % (len(pipelines), '. '.join(line.replace('device ', 'Driver: ', 1) for line in about))
    return pipelines, text


# What the library chose for a chip must hold: spills in attention at most, and of a matmul's inner loop the share of
# instructions that are FMAs, by the kind of chip. No tile was fitted to Apple's chips, which are only reported.
# Where a lane has 256 registers, long products take the largest tile: a statistic misread would refuse it in silence.
SPILLS = 10
SHARES = {'Intel': .30, 'RDNA2': .55, 'RDNA3': .55}
LARGE = {'GCN', 'RDNA2', 'RDNA3', 'RDNA4', 'NVIDIA', 'Adreno'}
UNFITTED = {'apple'}


def share_of(pipeline):
    """FMAs by all instructions of the largest inner loop; None without machine code."""
    parts = parts_of(pipeline)
    if not parts:
        return None
    count = parts[0].count
    return (count.get('fma', 0) + count.get('matrix', 0)) / sum(count.values())


def few_rows(pipeline):
    """Whether it is the tile of decoding, which waits for weights; or no matmul by tiles."""
    matmul = pipeline.op.startswith('matmul') and 'matrix' not in pipeline.op
    return not matmul or pipeline.constants[6] * pipeline.constants[7] < 16


def faults_of(chip, pipelines, about=''):
    """What is wrong with the library's choices: texts. Matrix units are tried wherever there are any."""
    out, units = [], 'cooperative 0' not in about
    for p in pipelines:
        if 'matrix units' in p.op and not units:
            continue
        most = SPILLS if p.op.startswith('attention') else 0
        if p.dispatches and (p.spills or 0) > most:
            out.append('%s %s spills %d' % (p.op, ' '.join(map(str, p.constants)), p.spills))
        share = share_of(p) if chip.kind in SHARES and p.dispatches and not few_rows(p) else None
        if share is not None and share < SHARES[chip.kind]:
            out.append('%s %s, %s: %d %% of its loop are FMAs' % (p.op, ' '.join(map(str, p.constants)), p.model,
                                                                 100 * share))
    if chip.kind in LARGE:
        for op in 'matmul_nt', 'matmul_nn', 'matmul_tn':
            if not any(p.op == op and p.dispatches and p.constants[6:8] == [8, 8] for p in pipelines):
                out.append('%s never takes its tile of 8 x 8' % op)
    return out


def spilling(done):
    return [(chip, p) for chip, pipelines, _ in done for p in pipelines if p.spills and p.dispatches]


def label(chip):
    return chip.title + (', newer Mesa' if chip.environment['driver'] == 'newer' else '')


def summary(done):
    """Spills, and the matmuls of all chips side by side."""
    out, bad = [], spilling(done)
    out += ['## In short', '']
    out += ['Spills: %s.' % ('**none**' if not bad else ', '.join('**%s on %s: %d**' % (p.op, c.name, p.spills)
                                                                  for c, p in bad)), '']
    rows = []
    for chip, pipelines, _ in done:
        best = {}
        for p in pipelines:
            parts = parts_of(p) if chip.fma and shown(p.op) else []
            if parts:
                values = [min(estimate(chip, p, part)[0].values()) for part in parts]
                best.setdefault(p.op, []).append(percent(len(values) / sum(1 / value for value in values)))
        if best:
            rows.append([label(chip)] + [', '.join(best.get(op, ['-'])) for op in SUMMARY])
    return out + table(['estimate'] + SUMMARY, rows) + shares(done)


def shares(done):
    """Where the slots of the matmuls' inner loops go, per chip: what there is to win."""
    kinds, rows = ['fma', 'matrix', 'valu', 'lds', 'vmem', 'smem', 'salu', 'wait'], []
    for chip, pipelines, _ in done:
        for p in pipelines:
            for loop in parts_of(p) if p.op == 'matmul_nt' else []:
                slots = [loop.count.get(kind, 0) * slots_of(chip, p.subgroup, kind) for kind in kinds]
                rows.append([label(chip), ' '.join(map(str, p.constants))] +
                            [percent(n / sum(slots)) for n in slots] + ['%.2f' % (loop.lds / loop.fmas)])
    return ['Slots of the inner loop of matmul_nt, by kind:', ''] + table(
        ['chip', 'constants', 'FMA', 'matrix', 'other VALU', 'LDS', 'VMEM', 'SMEM', 'SALU', 'wait', 'LDS B/FMA'], rows)


SUMMARY = ['matmul_nt', 'matmul_nn', 'matmul_tn', 'attention_forward', 'attention_backward_q', 'attention_backward_kv',
           'attention_decode']


def page(done, skipped):
    text = HEAD % (time.strftime('%Y-%m-%d'), commit())
    lines = text.split('\n') + rates_table([chip for chip, _, _ in done]) + summary(done)
    for chip, pipelines, about in done:
        lines += chip_section(chip, pipelines, about)
    if skipped:
        lines += ['## Skipped', ''] + ['- %s: %s' % (chip.title, why) for chip, why in skipped] + ['']
    return '\n'.join(lines)


def main(arguments):
    keep, output = '--keep' in arguments, os.path.join(WORK, 'report.md')
    if '-o' in arguments:
        output = arguments.pop(arguments.index('-o') + 1)
    names = [a for a in arguments if not a.startswith('-')]
    newer = None if keep else script('newer_mesa.sh')
    done, skipped = [], []
    for chip in CHIPS:
        if names and chip.name not in names:
            continue
        why = None if keep else compile_on(chip, newer)
        if keep and not os.path.exists(os.path.join(WORK, chip.name, 'device.txt')):
            why = 'not compiled before'
        if why:
            print('SKIP %s: %s' % (chip.title, why))
            skipped.append((chip, why))
            continue
        pipelines, about = read_folder(chip)
        print('%-45s %d pipelines, %d spill' % (chip.title, len(pipelines), sum(bool(p.spills) for p in pipelines)))
        done.append((chip, pipelines, about))
    if not done:
        sys.exit('no compiler could be run')
    with open(output, 'w') as file:
        file.write(page(done, skipped))
    print('\n'.join(summary(done)))
    print('-> ' + os.path.relpath(output))
    bad = [(chip, fault) for chip, pipelines, about in done if chip.name not in UNFITTED
           for fault in faults_of(chip, pipelines, about)]
    for chip, fault in bad:
        print('FAIL %s: %s' % (label(chip), fault))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
