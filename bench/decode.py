"""Decoding of few rows beside llama.cpp: tokens per second of processor time, one thread, turn by turn in one run.

    make build/bench_models
    python bench/decode.py FOLDER FILE.gguf [--dtype F32] [--rows 1,2,4] [--new 48] [--rounds 3]     (needs xllamacpp)

FOLDER and FILE.gguf hold the same weights, the latter in the type that goes with --dtype. Prompts have 16 tokens; the
first round warms up, the best of the others counts. With --serve it is llama.cpp's side of such a run.
"""
import argparse, json, os, subprocess, sys, threading, time


def serve(path, rows, new):
    import xllamacpp
    params = xllamacpp.CommonParams()
    params.model.path, params.n_parallel, params.n_ctx = path, rows, rows * 512
    params.warmup, params.verbosity = False, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    ask = {'n_predict': new, 'max_tokens': new, 'temperature': 0, 'ignore_eos': True, 'cache_prompt': False}
    for _ in sys.stdin:
        answers = [None] * rows

        def one(i):
            prompt = [100 + (7 + 13 * i + 31 * k) % 40000 for k in range(16)]
            answers[i] = server.handle_completions(dict(ask, prompt=prompt))
        threads = [threading.Thread(target=one, args=(i,)) for i in range(rows)]
        before = time.process_time()
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        cpu = time.process_time() - before
        answers = [json.loads(a) if isinstance(a, (str, bytes)) else a for a in answers]
        tokens = sum(a['usage']['completion_tokens'] for a in answers)
        print(json.dumps({'cpu': cpu, 'tokens': tokens}), flush=True)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder'), parser.add_argument('gguf')
    parser.add_argument('--dtype', default='F32'), parser.add_argument('--rows', default='1,2,4')
    parser.add_argument('--new', type=int, default=48), parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--serve', type=int, help='rows')
    o = parser.parse_args()
    if o.serve:
        return serve(o.gguf, o.serve, o.new)
    print('| rows | r0 | llama.cpp | r0 / llama.cpp |\n|---|---|---|---|')
    for rows in o.rows.split(','):
        sides = [['build/bench_models', o.folder, 'cpu', 'generate', rows, '16', str(o.new), '1', o.dtype],
                 [sys.executable, __file__, o.folder, o.gguf, '--new', str(o.new), '--serve', rows]]
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        sides = [subprocess.Popen(c, stdin=pipe, stdout=pipe, stderr=null, text=True) for c in sides]
        best = [0, 0]
        for turn in range(o.rounds + 1):
            for i, side in enumerate(sides):
                side.stdin.write('\n'), side.stdin.flush()
                line = side.stdout.readline()
                while line and not line.startswith('{'):
                    line = side.stdout.readline()
                if not line:
                    sys.exit('a side ended: ' + ' '.join(side.args))
                result = json.loads(line)
                if turn:
                    best[i] = max(best[i], result['tokens'] / result['cpu'])
        for side in sides:
            side.stdin.close(), side.wait()
        print('| %s | %.1f | %.1f | %.2f |' % (rows, *best, best[0] / best[1]), flush=True)


main()
