#!/bin/sh
# Models of real size: folders with the exact shapes of Qwen3-0.6B and Qwen3-4B and random weights are made, loaded,
# sampled from and trained one GRPO step, in full and with an adapter on a base of 16, 8.5 and 4.5 bits, on the CPU and
# on Vulkan. Prints how long each part took and its peak memory, which must stay below 24 GiB and within a tenth of what
# was planned. Takes long; no part of `make test`.
#     sh tests/large.sh                     everything
#     sh tests/large.sh cpu-full cpu-lora   these parts
#     ROLLOUTS=8 TOKENS=128 PROMPT=64       the GRPO step
#     LARGE_FOLDER=DIR                      where the folders are kept (default: build/large-models, 10 GB)
# Results: build/large.jsonl
set -u
cd "$(dirname "$0")/.." || exit 1
folder=${LARGE_FOLDER:-build/large-models}
rollouts=${ROLLOUTS:-8} tokens=${TOKENS:-128} prompt=${PROMPT:-64}
wanted=" $* " passed=0 failed=0 skipped=0
begin=$(date +%s)
mkdir -p "$folder"

# shape NAME: a folder of that shape, kept for the next time.
shape() {
    [ -f "$folder/$1/model.safetensors" ] && return
    start=$(date +%s)
    build/r0 --device cpu --quiet init --shape "$1" --out "$folder/$1" || exit 1
    echo "$1: made in $(($(date +%s) - start)) s"
}

# How busy the machine is, in the last minute: Linux and macOS.
load() {
    uptime | sed 's/.*load average[s]*: *\([0-9.]*\).*/\1/'
}

# step NAME SHAPE DEVICE MODE WEIGHTS ROLLOUTS TOKENS PROMPT
step() {
    name=$1 model=$2
    [ "$wanted" = "  " ] || case $wanted in *" $name "*) ;; *) return ;; esac
    shape "$model"
    shift 2
    echo "== $name: $model on $1, $2, weights in $3, $4 rollouts of $5 tokens"
    start=$(date +%s)
    line=$(build/large "$folder/$model" "$@")
    code=$?
    peak=$(echo "$line" | sed -n 's/.*"peak_gib":\([0-9.]*\).*/\1/p')
    if [ $code = 0 ] && awk "BEGIN {exit !(${peak:-99} < 24)}"; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAIL large: $name: exit code $code, peak $peak GiB"
    fi
    echo "{\"name\":\"$name\",\"model\":\"$model\",\"wall_seconds\":$(($(date +%s) - start)),\"load\":$(load)," \
        "\"result\":${line:-null}}" | tee -a build/large.jsonl
}

vulkan() {
    build/r0 devices 2>/dev/null | grep -q vulkan && return 0
    echo "SKIP large: no Vulkan device"
    skipped=$((skipped + 1))
    return 1
}

step cpu-full qwen3-0.6b cpu full F32 "$rollouts" "$tokens" "$prompt"
step cpu-lora qwen3-0.6b cpu lora BF16 "$rollouts" "$tokens" "$prompt"
step cpu-q8 qwen3-0.6b cpu lora Q8_0 "$rollouts" "$tokens" "$prompt"
step cpu-q4 qwen3-0.6b cpu lora Q4_0 "$rollouts" "$tokens" "$prompt"
step cpu-4b qwen3-4b cpu sample BF16 2 8 16
step cpu-4b-q4 qwen3-4b cpu lora Q4_0 "$rollouts" "$tokens" "$prompt"
if vulkan; then
    step vulkan-full qwen3-0.6b vulkan full F32 "$rollouts" "$tokens" "$prompt"
    step vulkan-lora qwen3-0.6b vulkan lora BF16 "$rollouts" "$tokens" "$prompt"
    step vulkan-q8 qwen3-0.6b vulkan lora Q8_0 2 8 16
    step vulkan-q4 qwen3-0.6b vulkan lora Q4_0 2 8 16
    step vulkan-4b-q4 qwen3-4b vulkan lora Q4_0 2 8 16
fi
echo "-- $(($(date +%s) - begin)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
