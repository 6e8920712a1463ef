#!/bin/sh
# The command-line program as a user meets it: exit codes, errors that help, output that goes where it should.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
out=build/cli.out err=build/cli.err

# expect CODE TEXT FILE ARGUMENTS...: build/r0 ARGUMENTS exits with CODE and FILE (out or err) holds TEXT.
expect() {
    code=$1 text=$2 file=build/cli.$3
    shift 3
    build/r0 "$@" >$out 2>$err </dev/null
    got=$?
    if [ "$got" = "$code" ] && grep -qF -- "$text" "$file"; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL cli: r0 $*: exit code $got, expected $code and \"$text\" in $file: $(head -c 200 "$file")"
    fi
}

expect 0 "Usage: r0" out --help
expect 0 "Usage: r0" out -h
expect 2 "Usage: r0" out
expect 0 "r0 " out --version
expect 2 'did you mean "evolve"?' err evolv
expect 2 'no command "xyzzy"; see r0 --help' err xyzzy
expect 2 'did you mean --threads?' err --thread 2 evolve
expect 2 '--threads needs a whole number' err --threads
expect 2 '--threads: "two" is not a whole number' err --threads two evolve
expect 1 'none of auto, cpu, cpu:fma, cpu:portable, vulkan' err --device abacus evolve
expect 1 '9999 is not within' err --threads 9999 evolve

# Every command that the help names explains itself, and refuses an option that it does not know.
for command in $(build/r0 --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
    expect 0 "$command" out "$command" --help
    expect 2 "" err "$command" --no-such-option
done

# Results that cannot be written are an error.
if [ -e /dev/full ]; then
    if build/r0 --help >/dev/full 2>$err; then failed=$((failed + 1)); echo "FAIL cli: a full disk goes unnoticed"
    else passed=$((passed + 1))
    fi
fi

# Bad input of the loop: one error that names it, and no run folder left where nothing ran.
runs=build/cli-runs
rm -rf $runs
expect 1 "none of paper, released, tiny" err evolve --run $runs/a --preset huge
expect 1 "build/no-such-model" err evolve --run $runs/b --model build/no-such-model
expect 1 "build/no-such-bench.jsonl" err evolve --run $runs/c --bench build/no-such-bench.jsonl
expect 1 'solver.steps "99999999999"' err evolve --run $runs/d --set solver.steps=99999999999
expect 1 'no field "solver.stepz"' err evolve --run $runs/e --set solver.stepz=1
expect 1 "$runs/f" err evolve --resume $runs/f
expect 1 "positions" err evolve --run $runs/g --set evaluation_tokens=4000
expect 1 "cannot be created" err evolve --run examples/tiny/config.json/run
printf '{"id":"x","question":"what \\u00e9?","answer":"1"}\n' >build/cli.bench
expect 1 'question "x"' err evolve --run $runs/h --bench build/cli.bench
VK_DRIVER_FILES=build/none VK_ICD_FILENAMES=build/none expect 1 "vulkan" err --device vulkan evolve --run $runs/i
expect 1 "vulkan" err --device vulkan:99 evolve --run $runs/j

# Kernels by name, and measured: refused when they are none, told, kept in a folder, obeyed.
expect 1 "vulkan" err --device vulkan --kernels "slow ones" devices
if build/r0 --device vulkan devices >$out 2>/dev/null; then
    mkdir -p $runs/cache
    expect 0 'kernels "large tiles 7' out devices --device vulkan --kernels "large tiles 7"
    expect 1 'kernels: "texels 1" is not for' err devices --device vulkan --kernels "texels 1" # what older versions had
    expect 0 "with the kernels" out --device vulkan --cache-folder $runs/cache devices
    expect 0 "kernels \"$(sed -n 2p $runs/cache/r0-kernels-*.txt)\"" out --device vulkan --cache-folder $runs/cache devices
    expect 0 "cannot be kept" err --device vulkan --cache-folder $runs/none devices
else echo "SKIP cli: no Vulkan device to choose kernels of"
fi
if (trap '' XFSZ && ulimit -f 100) 2>/dev/null; then # a disk that is full after 50 to 100 KB: the checkpoint does not fit
    (trap '' XFSZ && ulimit -f 100 && exec build/r0 --quiet evolve --run $runs/full \
        --set evaluation_samples=1 --only-bench --bench examples/tiny/transfer.jsonl) >$out 2>$err
    code=$?
    if [ $code = 1 ] && grep -q "$runs/full/.*cannot be written" $err; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAIL cli: a full disk under a run: exit code $code, $(head -c 200 $err)"
    fi
fi

# Adapters: a run on one base, its solver used, merged, and used again; plans.
reduced="questions=32,challenger.steps=1,challenger.groups=2,solver.steps=1,evaluation_samples=1,votes=4"
expect 0 '"questions":40,"samples":1' out --quiet evolve --lora-rank 4 --iterations 1 --run $runs/lora --only-bench \
    --bench examples/tiny/transfer.jsonl --limit 40 --set "$reduced"
expect 2 "--limit: a run goes on with what" err evolve --resume $runs/lora --limit 3
expect 1 "learning rates 0.0001 and 0.0001 (the preset's 1e-06 is for all weights)" out evolve --preset paper \
    --lora-rank 2 --run $runs/rates
expect 1 "learning rates 1e-05 and 0.0001 (the" out evolve --preset paper --lora-rank 2 --run $runs/rates \
    --set challenger.learning_rate=1e-5
expect 2 "none of tiny, ladder, sums, sums-open" err evolve --world abacus
expect 2 "world sums needs --model" err evolve --world sums
: >$runs/empty.txt
expect 1 "empty.txt: is empty" err evolve --challenger-prompt $runs/empty.txt --run $runs/none
printf '%s' 'no mark' >$runs/plain.txt
expect 1 "does not hold {question}" err evolve --solver-prompt $runs/plain.txt --run $runs/none
expect 0 "boxed" out generate --model $runs/lora/solver --prompt "[S]3+4<sep>" --temperature 0
cp $out build/cli.adapter
expect 0 "523456 weights" out merge $runs/lora/solver --out $runs/merged
expect 0 "boxed" out generate --model $runs/merged --prompt "[S]3+4<sep>" --temperature 0
if grep -q boxed build/cli.adapter && [ "$(grep boxed build/cli.adapter)" = "$(grep boxed $out)" ]; then
    passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: the merged model answers otherwise than the adapter"
fi
# A run goes on from an adapter: it begins with what the adapter knows, on the adapter's base, in the adapter's form.
cp -r $runs/lora/solver $runs/start
expect 0 "adapters    rank 4" out evolve --model $runs/start --iterations 1 --run $runs/further --only-bench \
    --bench examples/tiny/transfer.jsonl --limit 40 --set "$reduced"
scores() { grep -o '"pass1":[^,]*,.*"greedy":[^,]*' $runs/$1/metrics.jsonl | sed 's/"pass1[^g]*//'; }
if [ "$(scores lora | tail -n 1)" = "$(scores further | head -n 1)" ] && [ -n "$(scores further)" ] &&
    grep -q 'examples/tiny"' $runs/further/solver/adapter_config.json &&
    ! cmp -s $runs/start/adapter_model.safetensors $runs/further/solver/adapter_model.safetensors; then
    passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: a run that goes on from an adapter: $(scores lora), then $(scores further)"
fi
expect 1 "is an adapter of rank 4, alpha 4: lora_rank must be 4" err evolve --model $runs/start --lora-rank 8 \
    --run $runs/none
printf ' ' >>$runs/start/adapter_config.json
expect 1 "the model there is not the one" err evolve --resume $runs/further --iterations 2
# To GGUF and back: a merged model, an adapter, what is refused.
expect 0 "523456 weights" out merge $runs/lora/solver --gguf $runs/merged.gguf --gguf-dtype f32
expect 0 "boxed" out generate --model $runs/merged.gguf --prompt "[S]3+4<sep>" --temperature 0
if [ "$(grep boxed build/cli.adapter)" = "$(grep boxed $out)" ]; then passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: the model merged into GGUF answers otherwise than the adapter"
fi
expect 0 "523456 weights" out convert $runs/merged.gguf --out $runs/from-gguf
if cmp -s $runs/from-gguf/model.safetensors $runs/merged/model.safetensors; then passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: a folder made of GGUF holds other weights than the one merged at once"
fi
expect 0 "weights of an adapter" out convert $runs/lora/solver --gguf $runs/adapter.gguf
expect 1 "none of F32, F16, BF16" err convert $runs/lora/solver --gguf $runs/none.gguf --dtype q8_0
expect 1 '"q5_0" is none of' err merge $runs/lora/solver --gguf $runs/none.gguf --gguf-dtype q5_0
expect 2 "needs a model and --out or --gguf" err convert $runs/merged.gguf
expect 0 "boxed" out generate --model examples/tiny --dtype bf16 --prompt "[S]3+4<sep>" --temperature 0
expect 1 "q4" err generate --model examples/tiny --dtype q4 --prompt "[S]3+4<sep>"
# An adapter as PEFT leaves it, without a tokenizer: the base's comes along; where there is none, that is said.
mkdir -p $runs/peft && cp $runs/lora/solver/adapter_* $runs/peft
expect 0 "523456 weights" out merge $runs/peft --out $runs/merged-peft
expect 0 "boxed" out generate --model $runs/merged-peft --prompt "[S]3+4<sep>" --temperature 0
expect 0 "no tokenizer.json" err merge tests/data/lora/llama --out $runs/merged-bare
expect 2 "not an adapter" err merge examples/tiny --out $runs/none
expect 1 "adapter_config.json" err merge --base examples/tiny examples/tiny --out $runs/none
expect 1 "lora_rank" err --quiet evolve --dtype BF16 --run $runs/l
expect 0 "largest that fits" out plan examples/tiny --preset tiny --no-probe --memory 1
expect 0 "One iteration" out plan examples/tiny --preset tiny
expect 0 "no number of ranks samples in less" out plan examples/tiny --preset tiny --ranks 4,8 --speeds 900,500,1,.1
expect 2 "is not four numbers" err plan examples/tiny --preset tiny --ranks 4 --speeds 900,500,1
expect 1 "config.json" err plan build

# What newcomers give: the hub's name of a model; lines that are not what a check compares; one example to train on.
expect 1 "there is no such folder. R0 downloads nothing" err logits --model Qwen/Qwen3-0.6B --ids 1
expect 1 "there is no such folder. R0 downloads nothing" err generate --model Qwen/Qwen3-0.6B --prompt hi
printf '%s\n' '{"text":"a"}' '{"text":"a","ids":[64]}' >$runs/lines.jsonl
expect 1 'line 1: "ids" is not a list' out tokenize --model tests/data/tokenizers/qwen --check $runs/lines.jsonl
expect 1 'match 1 of 2' out tokenize --model tests/data/tokenizers/qwen --check $runs/lines.jsonl
printf '%s\n' '{"messages":[{"role":"user","content":"a","tool_calls":[]}],"text":"x"}' >$runs/lines.jsonl
expect 1 'line 1: renders as' out chat --model tests/data/tokenizers/qwen --check $runs/lines.jsonl
printf '%s\n' '{"prompt":"[S]1+1<sep>","response":"2"}' >$runs/lines.jsonl
expect 1 "1 example, of which 1" err sft --model examples/tiny --data $runs/lines.jsonl --out $runs/sft-one

# A base that was made is a folder that every command takes, with the questions that its corpus left out: also where
# --from, a config of another size, does not bring them.
mkdir -p $runs/half
cp examples/ladder/tokenizer*.json $runs/half
sed 's/"hidden_size": *64/"hidden_size": 32/' examples/ladder/config.json >$runs/half/config.json
expect 0 'greedy accuracy by level' out --device cpu --quiet pretrain --world ladder --percent 1 --from $runs/half \
    --out $runs/ladder
if cmp -s $runs/ladder/heldout.jsonl examples/ladder/heldout.jsonl; then passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: pretrain wrote other held-out questions than examples/ladder has"
fi
expect 0 '"questions":3' out --device cpu --quiet eval --model $runs/ladder --bench $runs/ladder/heldout.jsonl --limit 3 \
    --samples 2

# A base of another world into the same folder would keep the wrong tokenizer.
expect 1 "$runs/ladder/tokenizer.json differs from examples/tiny/tokenizer.json" err --device cpu --quiet pretrain \
    --world tiny --percent 1 --out $runs/ladder

# GRPO by a reward command, in python3 and in sh. Catches: rewards that do not arrive or reach other completions,
# weights that stay, a seed with two results, a command whose fault hangs the run, is passed over or is not named.
for i in 1 2 3 4 5 6; do echo "{\"prompt\":\"[S]$i+4<sep>\",\"answer\":$((i + 4)),\"more\":[1.50,null,{\"a\":true}]}"
done >$runs/prompts.jsonl
cat >$runs/reward.py <<'P'
import json, sys
for line in sys.stdin:
    q = json.loads(line)
    assert list(q) == ["prompt", "answer", "more", "completion", "finished"] and q["more"] == [1.5, None, {"a": True}]
    assert q["prompt"] == "[S]%d+4<sep>" % (q["answer"] - 4) and q["finished"] in (False, True)
    right = "\\boxed{%d}" % q["answer"] in q["completion"]
    print(json.dumps({"reward": right - .01 * len(q["completion"])}), flush=True)
P
grpo() { # grpo CODE TEXT FILE FOLDER COMMAND OPTIONS...: a run into a new $runs/FOLDER
    code=$1 text=$2 file=$3 folder=$runs/$4 command=$5
    shift 5
    rm -rf "$folder"
    expect "$code" "$text" "$file" --device cpu --quiet grpo --model examples/tiny --data $runs/prompts.jsonl --out "$folder" \
        --reward-command "$command" --steps 2 --groups 2 --n 4 --max-new 24 --lr 1e-4 --timeout .5 --restarts 1 "$@"
}
same() { # same yes|no A B WHAT
    if cmp -s "$2" "$3"; then is=yes; else is=no; fi
    if [ -s "$2" ] && [ $is = "$1" ]; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAIL cli: r0 grpo: $4"
    fi
}
score="${PYTHON:-python3} $runs/reward.py"
grpo 0 '"steps":3' out grpo-a "$score" --steps 3 --timeout 60
grpo 0 '"steps":3' out grpo-b "$score" --steps 3 --timeout 60
grpo 0 '"steps":3' out grpo-c "$score" --steps 3 --timeout 60 --seed 2
same yes $runs/grpo-a/model.safetensors $runs/grpo-b/model.safetensors "one seed has two results"
same yes $runs/grpo-a/metrics.jsonl $runs/grpo-b/metrics.jsonl "one seed has two metrics"
same no $runs/grpo-a/model.safetensors $runs/grpo-c/model.safetensors "two seeds have one result"
same no $runs/grpo-a/model.safetensors examples/tiny/model.safetensors "the weights stay as they were"
expect 0 "boxed" out generate --model $runs/grpo-a --prompt "[S]3+4<sep>" --temperature 0
count='i=0; while read -r line; do i=$((i + 1)); echo $i; done'
grpo 0 '"reward_first":4.5,"reward_last":12.5' out grpo-d "$count" --lora-rank 4 --kl .01 --recipe dr_grpo \
    --mini-batches 2
ended="while read -r line; do case \$line in *'\"finished\":true}') echo 1 ;; *'\"finished\":false}') echo 0 ;; esac; done"
grpo 0 '"reward_first":0,"reward_last":0' out grpo-e "$ended" --max-new 2
expect 0 "weights" out merge $runs/grpo-d --out $runs/grpo-merged
grpo 1 "gave no answer for 0.5 s after 0 of 8 answers, and is not started again" err grpo-e "sleep 60"
grpo 1 "ended with exit code 3 after 2 of 8 answers, and is not" err grpo-e "read -r line; echo 1; exit 3"
grpo 1 "gave no answer for 0.5 s after 6 of 8 answers, and is not" err grpo-e \
    'i=0; while read -r line; do i=$((i + 1)); [ $i -gt 3 ] || echo $i; done' # too few lines
for answer in nan inf 1e99 good '{\"reward\":NaN}' '{\"score\":1}' "1 2" ""; do
    grpo 1 'which is no finite number and no {"reward": number} after 0 of 8 answers' err grpo-e \
        "while read -r line; do echo \"$answer\"; done"
done
grpo 1 "wrote more lines than it was asked for" err grpo-e 'while read -r line; do echo 1; echo 0; done'
grpo 1 "its answers in the last step may belong to other completions" err grpo-e \
    'while read -r line; do echo 1; done; echo 0'
grpo 0 '"reward_first":1,"reward_last":1' out grpo-e \
    "read -r line; echo 1; [ -e $runs/once ] || { : >$runs/once; exit 1; }; while read -r line; do echo 1; done"
if [ "$(grep -c "it is started again" $err)" = 1 ]; then passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: r0 grpo does not tell that it starts the command again: $(head -c 300 $err)"
fi
grpo 1 "holds the model after 1 of 2 steps" err grpo-f \
    'i=0; while read -r line; do i=$((i + 1)); [ $i -gt 8 ] && echo x; echo $i; done'
expect 0 "boxed" out generate --model $runs/grpo-f --prompt "[S]3+4<sep>" --temperature 0
expect 1 "grpo-f/config.json is there already" err grpo --model examples/tiny --data $runs/prompts.jsonl --out $runs/grpo-f \
    --reward-command "$count"
grpo 1 "more than the model's 256 positions" err grpo-e "$count" --max-new 300
grpo 2 "--recipe: there is none of this name" err grpo-e "$count" --recipe ppo
echo '{"question":"1+1"}' >$runs/prompts.jsonl
grpo 1 'prompts.jsonl:1: no "prompt"' err grpo-e "$count"

# Ctrl-C: the run stops, says how to go on, and can.
small="--only-bench --bench examples/tiny/transfer.jsonl --set max_dead=0,iterations=1,challenger.steps=60,questions=32,votes=2,solver.steps=1,evaluation_samples=1"
# shellcheck disable=SC2086
build/r0 --quiet evolve --run $runs/stopped --seed 3 --checkpoint -1 $small >$out 2>$err &
stopped=$!
for _ in $(seq 200); do
    steps=$(grep -c challenger $runs/stopped/metrics.jsonl 2>/dev/null)
    [ "${steps:-0}" -ge 2 ] && break
    sleep 0.1
done
kill -INT $stopped
wait $stopped
code=$?
if [ $code = 130 ] && grep -q -- "--resume $runs/stopped" $err; then passed=$((passed + 1))
else failed=$((failed + 1)); echo "FAIL cli: Ctrl-C: exit code $code, $(head -c 200 $err)"
fi
cp $runs/stopped/run.json build/cli.json
sed 's/"kernels":"[^"]*"/"kernels":"texels 7"/' build/cli.json >$runs/stopped/run.json
expect 1 'run.json: was damaged or changed' err --quiet evolve --resume $runs/stopped
cp build/cli.json $runs/stopped/run.json
expect 0 '"final"' out --quiet evolve --resume $runs/stopped
expect 1 "other sets" err --quiet evolve --resume $runs/stopped --only-bench --bench examples/tiny/heldout.jsonl

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
