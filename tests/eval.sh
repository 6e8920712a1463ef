#!/bin/sh
# `r0 eval` and `r0 generate` on the tiny model: the numbers of the table, going on after a kill, judging again,
# comparing, and errors. Catches: numbers that do not follow from the stored responses, responses that depend on where a
# run was interrupted, lost or repeated questions, bad input that passes or fails without a word.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
work=build/eval
rm -rf $work
mkdir -p $work

good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL eval: $*"; }
check() { what=$1; shift; if "$@"; then good; else bad "$what"; fi; }

tiny="build/r0 --device cpu --threads 1 eval --model examples/tiny"
bench=examples/tiny/heldout.jsonl,examples/tiny/transfer.jsonl
ask="$tiny --bench $bench --limit 9 --samples 4 --batch 4"

# fails CODE TEXT COMMAND...: exits with CODE and prints one line of error that holds TEXT, and no table.
fails() {
    code=$1 text=$2
    shift 2
    "$@" >$work/out 2>$work/err </dev/null
    got=$?
    if [ $got = "$code" ] && [ "$(grep -c . $work/err)" = 1 ] && grep -qF -- "$text" $work/err && [ ! -s $work/out ]; then
        good
    else
        bad "$*: exit code $got, expected $code and only \"$text\": $(head -c 300 $work/err)"
    fi
}

# -- the numbers --

if $ask --out $work/a >$work/a.out 2>$work/a.err; then good; else bad "does not run: $(head -c 300 $work/a.err)"; fi
if ${PYTHON:-python3} - $work/a/responses.jsonl $work/a.out >$work/py.out 2>&1 <<'PY'
import collections, json, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1], encoding="utf-8"):
    q = json.loads(line)
    samples = q["samples"]
    # Answers of the tiny world are plain integers: right means the same text.
    for r in samples + [q["greedy"]]:
        assert (r["verdict"] == "right") == (r["answer"] == q["gold"]), r
        assert r["answer"] is None or "\\boxed{" + r["answer"] + "}" in r["text"], r
    votes = collections.Counter(r["answer"] for r in samples if r["answer"] is not None)
    most = max(votes.values(), default=0)
    top = [a for a in votes if votes[a] == most]
    rows[q["set"]].append(dict(
        greedy=q["greedy"]["answer"] == q["gold"], mean=votes[q["gold"]] / len(samples),
        majority=(q["gold"] in top) / max(len(top), 1), **{"pass": votes[q["gold"]] > 0},
        unfinished=sum(not r["finished"] for r in samples + [q["greedy"]]),
        unboxed=sum(r["answer"] is None for r in samples + [q["greedy"]])))
output = open(sys.argv[2], encoding="utf-8").read().splitlines()
result = json.loads(output[-1])
rows["all"] = [q for s in list(rows) for q in rows[s]]
assert [s["set"] for s in result["sets"]] == ["heldout.jsonl", "transfer.jsonl", "all"]
for s in result["sets"]:
    mine = rows[s["set"]]
    assert s["questions"] == len(mine) == (18 if s["set"] == "all" else 9), s
    cells = next(line for line in output if line.startswith(s["set"] + " ")).split()
    for i, metric in enumerate(("greedy", "mean", "majority", "pass")):
        value = sum(q[metric] for q in mine) / len(mine)
        assert abs(s[metric]["value"] - value) < 1e-12, (s["set"], metric, s[metric], value)
        assert s[metric]["low"] <= value <= s[metric]["high"], (metric, s[metric])
        assert cells[2 + 3 * i] == f"{s[metric]['value']:.3f}", (metric, cells)
    assert s["unfinished"] == sum(q["unfinished"] for q in mine)
    assert s["unboxed"] == sum(q["unboxed"] for q in mine)
assert 0 < rows["all"][0]["greedy"] + sum(q["mean"] for q in rows["all"]) < 19, "nothing right or all right"
PY
then good; else bad "the table is not what the responses say: $(tail -n 3 $work/py.out)"; fi

# -- going on --

# The same command again asks nothing and says the same.
cp $work/a/responses.jsonl $work/whole.jsonl
$ask --out $work/a >$work/again.out 2>/dev/null
check "a finished run prints another table" cmp -s $work/a.out $work/again.out
check "a finished run was changed" cmp -s $work/a/responses.jsonl $work/whole.jsonl

# Cut in the middle of a line, as a kill while writing leaves it; at the end of a line; to nothing.
size=$(wc -c <$work/whole.jsonl)
line=$(head -n 5 $work/whole.jsonl | wc -c)
for cut in $((size / 3)) $((size - 1)) "$line" 0; do
    head -c "$cut" $work/whole.jsonl >$work/a/responses.jsonl
    $ask --out $work/a >$work/again.out 2>/dev/null
    check "cut at byte $cut: other responses" cmp -s $work/a/responses.jsonl $work/whole.jsonl
    check "cut at byte $cut: another table" cmp -s $work/a.out $work/again.out
done

# Killed at once, wherever that is.
$ask --out $work/killed >/dev/null 2>&1 &
victim=$!
tries=0
while [ ! -s $work/killed/responses.jsonl ] && [ $tries -lt 200 ] && kill -0 $victim 2>/dev/null; do
    sleep 0.05 2>/dev/null || sleep 1
    tries=$((tries + 1))
done
kill -9 $victim 2>/dev/null
wait $victim 2>/dev/null
$ask --out $work/killed >$work/again.out 2>/dev/null
check "killed: other responses" cmp -s $work/killed/responses.jsonl $work/whole.jsonl
check "killed: another table" cmp -s $work/a.out $work/again.out

# Other settings are refused, and nothing is lost by asking.
fails 1 'temperature was 1 and is 0.5 now' $ask --temperature 0.5 --out $work/a
fails 1 'asked other questions' $tiny --bench examples/tiny/heldout.jsonl --limit 9 --samples 4 --batch 4 --out $work/a
fails 1 'samples was 4 and is 5 now' $ask --samples 5 --out $work/a
fails 1 'mode was "strict" and is "mathruler" now' $ask --mode mathruler --out $work/a
check "a refused run was changed" cmp -s $work/a/responses.jsonl $work/whole.jsonl

# -- judging again, comparing --

build/r0 eval --regrade $work/a --out $work/regraded >$work/regrade.out 2>$work/err
check "regrade: other verdicts" cmp -s $work/regraded/responses.jsonl $work/whole.jsonl
check "regrade: does not say so" grep -q 'verdicts that changed: 0' $work/regrade.out
sed 's/"verdict":"right"/"verdict":"wrong"/g' $work/whole.jsonl >$work/regraded/responses.jsonl
rights=$(grep -o '"verdict":"right"' $work/whole.jsonl | wc -l | tr -d ' ')
build/r0 eval --regrade $work/regraded >$work/regrade.out 2>$work/err
check "regrade: believes what is stored" grep -q "verdicts that changed: $rights\$" $work/regrade.out
build/r0 eval --compare $work/a $work/a >$work/compare.out 2>$work/err
check "a run is better than itself" [ "$(grep -c 'within noise$' $work/compare.out)" = 12 ]
check "compare: questions" grep -q '^18 questions in both$' $work/compare.out
build/r0 eval --compare $work/a $work/regraded >$work/compare.out 2>$work/err
check "all wrong is as good" grep -q '^all  *pass@4 .* A is better$' $work/compare.out
build/r0 eval --compare $work/regraded $work/a >$work/compare.out 2>$work/err
check "the order does not matter" grep -q '^all  *pass@4 .* B is better$' $work/compare.out

# What the tiny model never says: choices, fractions, answers without a box, ties, a stored file by hand.
mkdir -p $work/hand
printf '{"mode":"strict"}\n' >$work/hand/settings.json
row() { # GOLD CHOICES GREEDY SAMPLE SAMPLE
    printf '{"set":"hand","id":"%s","question":"?","gold":"%s","choices":%d,' "$1" "$1" "$2"
    printf '"greedy":{"text":"%s","finished":true,"tokens":1,"verdict":"wrong"},"samples":[' "$3"
    printf '{"text":"%s","finished":true,"tokens":1,"verdict":"wrong"},' "$4"
    printf '{"text":"%s","finished":false,"tokens":1,"verdict":"wrong"}]}\n' "$5"
}
{
    row C 4 '\\boxed{\\text{(C)}}' '\\boxed{C}' '\\boxed{B}'
    row 1/2 0 '\\boxed{\\frac{2}{4}}' '\\boxed{0.5}' '\\boxed{\\frac12}'
    row 7 0 'the answer is 7' 'it is 7' '\\boxed{8}'
    row 9 0 '\\boxed{1}' '\\boxed{2}' '\\boxed{3}'
} >$work/hand/responses.jsonl
hand() { what=$1; shift; build/r0 eval --regrade $work/hand "$@" >$work/out 2>$work/err; check "by hand: $what" \
    grep -q "$expected" $work/out; }
# greedy 2 of 4; samples (1 + 2 + 0 + 0) / 8; majority (1/2 + 1 + 0 + 0) / 4; pass 2 of 4
expected='^hand  *4  0.500 .*  0.375 .*  0.375 .*  0.500 .*  12  *4  *2  *0  *1.0$'
hand strict
expected='^hand  *4  0.750 .*  0.500 .*  0.500 .*  0.750 .*  12  *4  *0  *0  *1.0$'
hand 'without a box' --any
expected='mathruler; verdicts that changed: '
hand mathruler --mode mathruler

# -- bad input --

printf '{"id":"a","question":"1+1","answer":"2"}\n{"id":"b","question":"1+1","ans' >$work/torn.jsonl
printf '{"id":"a","question":"1+1"}\n' >$work/lacking.jsonl
: >$work/empty.jsonl
printf '{"id":"fine","question":"1+1","answer":"2"}\n{"id":"odd one","question":"1\303\2271","answer":"1"}\n' >$work/odd.jsonl
: >$work/file
fails 1 'torn.jsonl:2' $tiny --bench $work/torn.jsonl
fails 1 'lacking.jsonl:1' $tiny --bench $work/lacking.jsonl
fails 1 'holds no questions' $tiny --bench $work/empty.jsonl
fails 1 'no-such.jsonl' $tiny --bench $work/no-such.jsonl
fails 1 'no-such-model' build/r0 eval --model no-such-model --bench examples/tiny/heldout.jsonl
fails 1 '"odd one" cannot be encoded' $tiny --bench $work/odd.jsonl
fails 1 'have the same name' $tiny --bench examples/tiny/heldout.jsonl,examples/tiny/heldout.jsonl
fails 1 'positions' $tiny --bench examples/tiny/heldout.jsonl --limit 2 --max-new 100000
fails 1 'file/lock: cannot be opened: Not a directory' $tiny --bench examples/tiny/heldout.jsonl --limit 2 --out $work/file
fails 1 'folder cannot be created' $tiny --bench examples/tiny/heldout.jsonl --limit 2 --out $work/file/below
fails 2 'needs --model and --bench' build/r0 eval --bench examples/tiny/heldout.jsonl
fails 2 '--samples is not within' $tiny --bench examples/tiny/heldout.jsonl --samples 1000
fails 2 '--prompt is none of' $tiny --bench examples/tiny/heldout.jsonl --prompt loud
fails 2 'two folders' build/r0 eval --compare $work/a
fails 1 'no-such-run' build/r0 eval --compare $work/a no-such-run
fails 1 'no-such-run' build/r0 eval --regrade no-such-run
fails 1 'there is a run already' build/r0 eval --regrade $work/a --out $work/killed
mkdir -p $work/broken
cp $work/a/settings.json $work/broken/
{ head -n 2 $work/whole.jsonl; echo '{"set":'; tail -n 3 $work/whole.jsonl; } >$work/broken/responses.jsonl
fails 1 'responses.jsonl:3' $ask --out $work/broken
{ head -n 2 $work/whole.jsonl; tail -n 3 $work/whole.jsonl; } >$work/broken/responses.jsonl
fails 1 'responses.jsonl:3: is not the question that comes here' $ask --out $work/broken

# A disk that is full: files may not grow beyond one block.
if (trap '' XFSZ && ulimit -f 1) 2>/dev/null; then
    (trap '' XFSZ && ulimit -f 1 && exec $ask --out $work/full) >$work/out 2>$work/err
    check "a full disk goes unnoticed" [ $? != 0 ]
    check "a full disk is not named" grep -q 'full/[a-z.]* *: cannot be written' $work/err
    $ask --out $work/full >/dev/null 2>&1
    check "after a full disk: other responses" cmp -s $work/full/responses.jsonl $work/whole.jsonl
fi

# A question that cannot be encoded counts as wrong where that was asked for.
$tiny --bench $work/odd.jsonl --skip-unencodable --samples 2 --out $work/odd >$work/out 2>$work/err
check "skipped questions are not counted" grep -q '"questions":2,.*"skipped":1' $work/out
check "a skipped question has a response" grep -q '"id":"odd one".*"skipped":' $work/odd/responses.jsonl
build/r0 eval --regrade $work/odd >$work/again.out 2>$work/err
check "regrade with a skipped question" grep -q '"questions":2,.*"skipped":1' $work/again.out

# -- generate --

run="build/r0 --device cpu --threads 1 generate --model examples/tiny"
$run --prompt '[S]1+1<sep>' --temperature 0 >$work/out 2>$work/err
check "generate: no boxed answer" grep -q '\\boxed{.*}' $work/out
check "generate: no rate" grep -q 'tokens in .*/s$' $work/err
$run --prompt '[S]4+7-4<sep>' --samples 3 --seed 5 >$work/one 2>/dev/null
$run --prompt '[S]4+7-4<sep>' --samples 3 --seed 5 >$work/two 2>/dev/null
check "generate: not three lines" [ "$(wc -l <$work/one)" -eq 3 ]
check "generate: the seed does not decide" cmp -s $work/one $work/two
$run --prompt '[S]4+7-4<sep>' --max-new 2 >$work/out 2>$work/err
check "generate: a cut is not said" grep -q 'cut off at 2 tokens' $work/err
check "generate: more than text on stdout" [ "$(wc -c <$work/out)" -lt 8 ]
fails 1 'no-such-model' build/r0 generate --model no-such-model --prompt x
fails 2 'needs --model and --prompt' build/r0 generate --model examples/tiny
fails 1 'prompt 0: ' $run --prompt '[S]1+1<sep>' --max-new 100000

# -- chat: turns of a conversation, one after another and as they are drawn; a model with a template of its own --

cp -r examples/tiny $work/talk
printf '%s' '{% for m in messages %}{% if m.role == "user" %}[S]{{ m.content }}<sep>{% else %}{{ m.content }}<eos>' \
    '{% endif %}{% endfor %}' >$work/talk/chat_template.jinja
talk="build/r0 --device cpu --threads 1 chat --model $work/talk --temperature 0"
$run --prompt '[S]3+4<sep>' --temperature 0 2>/dev/null | sed 's/<eos>$//' >$work/want
$talk '3+4' >$work/out 2>$work/err
check "chat: one question is not answered as generate does" cmp -s $work/want $work/out
printf '3+4\n\n5+2\n' | $talk >$work/two 2>$work/err
check "chat: not two answers" [ "$(grep -c boxed $work/two)" -eq 2 ]
check "chat: the first of two is another" [ "$(head -n 1 $work/two)" = "$(cat $work/want)" ]
$run --prompt '[S]3+4<sep>3+4=7;\boxed{7}<eos>[S]5+2<sep>' --temperature 0 2>/dev/null | sed 's/<eos>$//' >$work/want
check "chat: the second has not read the first" [ "$(tail -n 1 $work/two)" = "$(cat $work/want)" ]
$talk --show '3+4' >$work/out 2>$work/err
check "chat: --show" [ "$(cat $work/out)" = '[S]3+4<sep>' ]
fails 2 'needs --model' build/r0 chat hello
fails 2 'number is out of range' $talk --top-p 2 hello
build/r0 --threads 1 generate --model $work/talk --chat --prompt '3+4' --temperature 0 2>/dev/null |
    sed 's/<eos>$//' >$work/out
check "generate --chat: another answer than chat's" [ "$(cat $work/out)" = "$(head -n 1 $work/two)" ]
fails 2 'needs --chat' $run --prompt x --system y

# -- prompts of eval: from a file, with turns that were answered, and with an opened answer --

printf '%s\n' '{"question":"1+1","response":"1+1=2;\\boxed{2}"}' '{"question":"2+1","answer":"3"}' >$work/shots.jsonl
head -n 8 examples/tiny/heldout.jsonl >$work/few.jsonl
asks="build/r0 --device cpu --threads 1 eval --model $work/talk --bench $work/few.jsonl --samples 0 --prompt chat"
$asks --system '' --out $work/plain >$work/out 2>$work/err
check "eval: chat prompt" grep -q '\[S\]{question}<sep>' $work/plain/settings.json
printf '%s\n' '[{"role":"user","content":"{question}"},{"role":"assistant","content":"\\boxed{7} "}]' >$work/open.json
$asks --prompt-file $work/open.json --out $work/open >$work/out 2>$work/err
check "eval: an opened answer is not part of the response" \
    [ "$(grep -c '"text":"\\\\boxed{7} ' $work/open/responses.jsonl)" -eq 8 ]
fails 1 'are fewer than --shot-count 3' $asks --shots $work/shots.jsonl --shot-count 3
fails 1 'system text and shots stand in it' $asks --prompt-file $work/open.json --shots $work/shots.jsonl
fails 1 'holds no {question}' $asks --prompt-file $work/shots.jsonl
fails 2 'shot-count is not within' $asks --shots $work/shots.jsonl --shot-count 0

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
