"""The shader report: its reading of machine code, on small programs written for this; then every pipeline of the tiny
model through AMD's compiler, where this system has it: the default choice may not spill. Catches: a loop that is not
found or counted wrong, an instruction in the wrong class, and a shader that no longer fits its registers."""
import os, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import shader_report as report

passed, failed, skipped = 0, 0, 0


def check(what, got, want):
    global passed, failed
    if got == want:
        passed += 1
    else:
        failed += 1
        print('FAIL report: %s: %r, not %r' % (what, got, want))


def pipeline(name, text, **head):
    p = report.Pipeline(os.devnull)
    p.op, p.subgroup, p.texts = 'matmul_nt', 64, {name: text.strip('\n').split('\n')}
    p.__dict__.update(head)
    return p


# A loop over k with a loop of loads in it that goes round 0x400 / 0x100 = 4 times, then two FMAs; another with one.
AMD = '''
BB0:
\ts_mov_b32 s1, 0                          ; be810380
BB1:
\ts_cbranch_scc1 BB9                       ; bf85027b
BB2:
\tv_cmpx_le_u32_e32 0x400, v19             ; 7da626ff 00000400
\ts_cbranch_execz BB4
\tbuffer_load_dwordx4 v[0:3], v23, s[16:19], 0 offen
\tv_add_nc_u32_e32 v19, 0x100, v19
\ts_branch BB2
BB4:
\tds_read2_b32 v[20:21], v19 offset1:16
\tds_read_b128 v[4:7], v24
\ts_waitcnt lgkmcnt(0)
\tv_fmac_f32_e32 v3, v20, v25
\tv_fma_f32 v4, v20, v26, v4
\ts_add_u32 s1, s1, 1
\ts_branch BB1
BB9:
\tv_fmac_f32_e32 v3, v20, v25
\ts_cbranch_scc0 BB9
BB10:
\ts_endpgm
'''

NAK = '''
block 0 L0 [] -> {
      ur0     = ldc.b32 c[0x0][+0x74c]          // delay=2
} -> [1]
block 1 L1 [0, 1] -> {
      r4..8   = ld.shared.strong.cta.b128 [r1]  // delay=2
      r9      = ldg r2                          // delay=2
      r0      = ffma.ftz r1 r2 r0               // delay=4
@p0   r0      = ffma r1 r2 r0                   // delay=4
      ur1     = iadd3 ur1 0x1 rZ                // delay=4
@p0             bra pT L1                       // delay=1
} -> [1, 2]
block 2 L2 [1] -> {
                exit                            // delay=1
} -> []
'''

IR3 = '''
mov.u32u32 r0.x, 0
l2:
(sy)(ss)mad.f32 r4.z, r22.w, r12.y, (last)r4.z
ldl.u32 r1.x, l[r18.x+520], 1
(rpt2)nop
isam.v.base0 (u32)(xyzw)r9.y, r3.w+8, s#0, t#6
br p0.x, #l2
end
'''


INTEL = '''
mov(8)          g5<1>UD         0x00000000UD                    { align1 1Q };
LABEL2:
cmp.ge.f0.0(8)  null<1>UD       g5<8,8,1>UD     g6<8,8,1>UD     { align1 1Q I@1 };
(+f0.0) break(8) JIP:  LABEL0         UIP:  LABEL0              { align1 1Q };
send(8)         g14UD           g66UD           nullUD          0x04401400                0x00000000
                            slm MsgDesc: ( load_cmask, a32, d32, xyzw, L1STATE_L3MOCS dst_len = 4 ) { align1 1Q $0 };
send(8)         g10UD           g66UD           nullUD          0x04401400                0x00000000
                            ugm MsgDesc: ( load, a32, d32, V2, L1STATE_L3MOCS dst_len = 2 ) { align1 1Q $1 };
sync nop(1)                     null<0,1,0>UB                   { align1 WE_all 1N $0.dst };
mad(8)          g20<1>F         g20<8,8,1>F     g14<8,8,1>F     g10<1,1,1>F { align1 1Q };
mad(8)          g21<1>F         g21<8,8,1>F     g15<8,8,1>F     g10<1,1,1>F { align1 1Q };
mad(8)          g5<1>D          g5<8,8,1>D      g5<8,8,1>D      g5<1,1,1>D { align1 1Q };
add(1)          a0.1<1>UD       g0.5<0,1,0>UD   0x00000001UD    { align1 WE_all 1N };
while(8)        JIP:  LABEL2                                    { align1 1Q };
LABEL0:
send(8)         nullUD          g126UD          nullUD          0x02000000                0x00000000 { align1 1Q EOT };
'''

NESTED = '''
BB0:
\ts_nop 0
BB1:
\tds_read_b32 v25, v24
''' + 8 * '\tv_fmac_f32_e32 v3, v20, v25\n' + '''BB2:
\tv_fmac_f32_e32 v3, v20, v25
\ts_cbranch_scc1 BB2
BB3:
\ts_cbranch_scc1 BB1
BB4:
\ts_endpgm
'''


def hottest(p):
    return (report.parts_of(p) or [None])[0]


def check_loops():
    loop = hottest(pipeline('Assembly', AMD))
    check('AMD FMAs', loop.fmas, 2)
    check('AMD mix', loop.count, {'salu': 1 + 4 + 4 + 2, 'valu': 8, 'vmem': 4, 'lds': 2, 'wait': 1, 'fma': 2})
    check('AMD bytes', (loop.lds, loop.vmem), (24, 64))
    loop = hottest(pipeline('NAK assembly', NAK))
    check('NVIDIA mix', loop.count, {'lds': 1, 'valu': 1, 'fma': 2, 'salu': 2})
    check('NVIDIA bytes', loop.lds, 16)
    loop = hottest(pipeline('IR3 Assembly', IR3))
    check('Adreno mix', loop.count, {'fma': 1, 'lds': 1, 'wait': 3, 'vmem': 1, 'salu': 1})
    check('Adreno bytes', loop.vmem, 16)
    loop = hottest(pipeline('GEN Assembly', INTEL))
    check('Intel mix', loop.count, {'valu': 2, 'salu': 3, 'lds': 1, 'vmem': 1, 'wait': 1, 'fma': 2})
    check('Intel bytes', (loop.lds, loop.vmem), (16, 8))
    check('a loop turned round', hottest(pipeline('Assembly', ROTATED)).count, {'fma': 1, 'salu': 2})
    check('nested loops', [part.count for part in report.parts_of(pipeline('Assembly', NESTED))],
          [{'lds': 1, 'fma': 9, 'salu': 2}])
    check('no loop', hottest(pipeline('Assembly', 'BB0:\n\tv_fmac_f32 v0, v1, v2\n\ts_endpgm')), None)


# ACO turns loops round, so that one is entered in its middle, and pads before its top.
ROTATED = '''
BB0:
\ts_branch BB2
\ts_nop 0
BB1:
\tv_fmac_f32_e32 v3, v20, v25
BB2:
\ts_cmp_lt_u32 s1, s2
\ts_cbranch_scc1 BB1
BB3:
\ts_endpgm
'''


def check_classes():
    of = report.class_of_amd
    check('dual', of('v_dual_fmac_f32 v0, v1, v2 :: v_dual_fmac_f32 v3, v4, v5'), ('fma', 2, 0))
    check('half dual', of('v_dual_fmac_f32 v0, v1, v2 :: v_dual_mul_f32 v3, v4, v5'), ('fma', 1, 0))
    check('packed', of('v_pk_fma_f16 v0, v1, v2, v3'), ('fma', 2, 0))
    check('dot', of('v_dot2_f32_f16 v0, v1, v2, v3'), ('fma', 2, 0))
    check('max', of('v_max_f32_e32 v0, v1, v2'), ('valu', 0, 0))
    check('pair', of('ds_load_2addr_b32 v[26:27], v19 offset0:195 offset1:211'), ('lds', 0, 8))
    check('scalar load', of('s_load_dwordx4 s[16:19], s[16:17], 0x10'), ('smem', 0, 0))
    check('16 bit', of('buffer_load_ushort v1, v2, s[4:7], 0 offen'), ('vmem', 0, 2))


def check_estimate():
    """On RDNA2 a slot feeds 32 lanes: 2 FMAs of 64 lanes fill 4 slots of 4 + 16 + 4 + 8 + 11 + 1."""
    rdna2 = next(c for c in report.CHIPS if c.name == 'rdna2')
    p = pipeline('Assembly', AMD, args=[64, 64, 64])
    caps, lds, vmem = report.estimate(rdna2, p, hottest(p))
    check('issue', round(caps['issue'], 6), round(4 / 44, 6))
    check('LDS cap', caps['LDS'], 128 / (12 * 64))
    check('L2 cap', caps['L2'], 1024 / (32 * 64 * 72))


def check_faults():
    """What a default choice may not do, on a pipeline that does it and one that does not."""
    intel = next(c for c in report.CHIPS if c.kind == 'Intel')
    sound = dict(constants=[256, 1, 0, 6, 0, 16, 8, 4, 0], dispatches=1, subgroup=8)
    check('20 % of FMAs', len(report.faults_of(intel, [pipeline('GEN Assembly', INTEL, **sound)])), 1)
    spilled = dict(sound, stats={'Spill Count': 10})
    check('10 spills in a matmul', len(report.faults_of(intel, [pipeline('', '', **spilled)])), 1)
    check('not chosen', report.faults_of(intel, [pipeline('', '', **dict(spilled, dispatches=0))]), [])
    for spills in (10, 11):
        p = pipeline('', '', op='attention_forward', **dict(sound, stats={'Spill Count': spills}))
        check('%d in attention' % spills, len(report.faults_of(intel, [p])), spills - 10)
    units = pipeline('', '', op='matmul_nt, matrix units', **spilled)
    check('matrix units by default', len(report.faults_of(intel, [units], 'kernels cooperative 1')), 1)
    check('matrix units on trial', report.faults_of(intel, [units], 'kernels cooperative 0'), [])
    ampere = next(c for c in report.CHIPS if c.kind == 'NVIDIA')
    large = dict(constants=[256, 1, 0, 6, 0, 16, 8, 8, 0], dispatches=1)
    tiles = [pipeline('', '', op=op, **large) for op in ('matmul_nt', 'matmul_nn', 'matmul_tn')]
    check('large tiles', [len(report.faults_of(ampere, tiles[:n])) for n in (3, 2)], [0, 1])


def check_compilers():
    """The tiny model's pipelines on AMD's compiler."""
    global skipped
    for chip in report.CHIPS:
        if chip.environment['driver'] != 'system':
            continue
        with tempfile.TemporaryDirectory() as folder:
            report.WORK = folder
            why = report.compile_on(chip, None, ['tiny'])
            if why:
                skipped += 1
                print('SKIP report: %s: %s' % (chip.title, why))
                continue
            pipelines = report.read_folder(chip)[0]
        check('%s has pipelines' % chip.title, len(pipelines) > 20, True)
        for p in pipelines:
            check('%s on %s: spills' % (p.op, chip.title), p.dispatches and p.spills, 0)
            if p.op.startswith('matmul'):
                check('%s on %s: a loop' % (p.op, chip.title), hottest(p) is not None, True)


check_loops()
check_classes()
check_estimate()
check_faults()
check_compilers()
print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
sys.exit(failed != 0)
