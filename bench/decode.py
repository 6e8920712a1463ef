"""Decoding beside llama.cpp and transformers: tokens per second of processor time, one thread, turn by turn in one run.

    make build/bench_models
    python bench/decode.py FOLDER FILE.gguf [--dtype F32] [--rows 1,2,4] [--rounds 3] [--before PROGRAM]

FOLDER and FILE.gguf hold the same weights, the latter in the type that goes with --dtype (of Q8_0, R0 reads the file's
blocks, and transformers has no part). Prompts have 16 tokens, or --prompt; answers 32, or 256 among 16 and 40 rows. The
first round warms up, the best of the others counts. Needs xllamacpp, torch, transformers; without one of them its
column stays empty. --before: another build of bench_models, as a column of its own. --kv F16: of R0's keys and values.
"""
import argparse, json, os, subprocess, sys, threading, time


def llama(path, rows, prompt, new):
    """llama.cpp by its own server; returns what runs a round."""
    import xllamacpp
    params = xllamacpp.CommonParams()
    params.model.path, params.n_parallel, params.n_ctx = path, rows, rows * (prompt + new + 32)
    params.warmup, params.verbosity = False, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    ask = {'n_predict': new, 'max_tokens': new, 'temperature': 0, 'ignore_eos': True, 'cache_prompt': False}

    def go():
        answers = [None] * rows

        def one(i):
            ids = [100 + (7 + 13 * i + 31 * k) % 40000 for k in range(prompt)]
            answers[i] = server.handle_completions(dict(ask, prompt=ids))
        threads = [threading.Thread(target=one, args=(i,)) for i in range(rows)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        answers = [json.loads(a) if isinstance(a, (str, bytes)) else a for a in answers]
        return sum(a['usage']['completion_tokens'] for a in answers)
    return go


def transformers(folder, rows, prompt, new, dtype):
    import torch, transformers as hf
    torch.set_num_threads(1)
    model = hf.AutoModelForCausalLM.from_pretrained(folder, dtype={'F32': torch.float32, 'BF16': torch.bfloat16}[dtype])
    ids = torch.tensor([[100 + (7 + 13 * i + 31 * k) % 40000 for k in range(prompt)] for i in range(rows)])
    mask = torch.ones_like(ids)

    def go():
        with torch.inference_mode():
            out = model.generate(ids, attention_mask=mask, max_new_tokens=new, min_new_tokens=new, do_sample=False)
        return int((out.shape[1] - prompt) * rows)
    return go


def serve(o):
    if o.serve == 'llama': go = llama(o.gguf, o.rows, o.prompt, o.new)
    else: go = transformers(o.folder, o.rows, o.prompt, o.new, o.dtype)
    for _ in sys.stdin:
        before = time.process_time()
        tokens = go()
        print(json.dumps({'cpu': time.process_time() - before, 'tokens': tokens}), flush=True)
    os._exit(0)


def turn(side):
    """Tokens per second of a round; None when the side has ended."""
    try:
        side.stdin.write('\n'), side.stdin.flush()
        line = side.stdout.readline()
        while line and not line.startswith('{'):
            line = side.stdout.readline()
        result = json.loads(line)
        return result['tokens'] / result['cpu']
    except (BrokenPipeError, json.JSONDecodeError):
        return None


def measure(o, rows, new):
    """The best round of each side."""
    text = [str(x) for x in (rows, o.prompt, new)]
    weights, dtype = (o.gguf, 'STORED') if o.dtype == 'Q8_0' else (o.folder, o.dtype)
    ours = [[p, weights, 'cpu', 'generate', *text, '1', dtype, *([o.kv] if p == o.r0 and o.kv else [])]
            for p in (o.r0, o.before)]
    peer = [sys.executable, __file__, o.folder, o.gguf, '--dtype', o.dtype, '--new', str(new), '--rows', str(rows),
            '--prompt', str(o.prompt), '--serve']
    commands = {'r0': ours[0], 'before': ours[1] if o.before else None, 'llama.cpp': peer + ['llama'],
                'transformers': peer + ['transformers'] if o.dtype != 'Q8_0' else None}
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    sides = {n: subprocess.Popen(c, stdin=pipe, stdout=pipe, stderr=null, text=True)
             for n, c in commands.items() if c and (n in ('r0', 'before') or n not in o.without)}
    best = dict.fromkeys(commands)
    for number in range(o.rounds + 1):
        for name, side in sides.items():
            speed = turn(side)
            if speed and number:
                best[name] = max(best[name] or 0, speed)
    for side in sides.values():
        side.stdin.close(), side.wait()
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder'), parser.add_argument('gguf')
    parser.add_argument('--dtype', default='F32'), parser.add_argument('--rows', default='1,2,4,16,40')
    parser.add_argument('--new', type=int, default=0), parser.add_argument('--rounds', type=int, default=2)
    parser.add_argument('--prompt', type=int, default=16), parser.add_argument('--kv')
    parser.add_argument('--r0', default='build/bench_models'), parser.add_argument('--before')
    parser.add_argument('--without', default=''), parser.add_argument('--serve')
    o = parser.parse_args()
    if o.serve:
        o.rows = int(o.rows)
        return serve(o)
    print('| rows | dtype | r0 | before | llama.cpp | transformers | r0 / llama.cpp |\n|---|---|---|---|---|---|---|')
    for rows in map(int, o.rows.split(',')):
        best = measure(o, rows, o.new or max(6, min(32, 256 // rows)))
        ratio = '%.2f' % (best['r0'] / best['llama.cpp']) if best['r0'] and best['llama.cpp'] else ''
        cells = ['%.1f' % best[n] if best[n] else '' for n in ('r0', 'before', 'llama.cpp', 'transformers')]
        print(f"| {rows} | {o.dtype} | {' | '.join(cells)} | {ratio} |", flush=True)


main()
