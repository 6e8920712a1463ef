"""R0 from Python: ctypes over the shared library (`make build/libr0.so`), nothing to compile, nothing to install.

    import r0
    with r0.Context() as context:
        model = context.load("examples/tiny")
        print(model.generate("[S]8+5<sep>", max_new_tokens=40)[0][0].text)

Structs and functions are read from r0.h itself when this module is imported, so they cannot drift; `r0.c` holds all of
them (r0.c.r0_generate, r0.c.r0_sampling, ...), and what follows wraps the usual ones. Errors are r0.Error, with the
library's text. R0_LIBRARY and R0_HEADER name the files where they are not beside this folder or installed. A context
and all that was made from it belong to one thread at a time.
"""
import ctypes, os, re
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))


class Error(Exception):
    """What the library refused or failed at; `status` is the name of its r0_status."""

    def __init__(self, text, status="R0_ERROR_ARGUMENT"):
        super().__init__(text)
        self.status = status


def _find(variable, *places):
    found = [place for place in (os.environ.get(variable), *places) if place and os.path.exists(place)]
    if not found:
        raise Error(f"none of {', '.join(places)} is there: run make build/libr0.so, or set {variable}")
    return found[0]


# -- the declarations of r0.h -----------------------------------------------------------------------------------

BASIC = {"void": None, "bool": ctypes.c_bool, "char": ctypes.c_char, "int": ctypes.c_int, "unsigned": ctypes.c_uint,
         "float": ctypes.c_float, "double": ctypes.c_double, "size_t": ctypes.c_size_t, "uint8_t": ctypes.c_uint8,
         "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64}


def _split(text, mark):
    """The parts of `text` between marks that stand in no parentheses."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


class Header:
    """Every public type, constant and function of r0.h as ctypes has them, as attributes."""

    def __init__(self, header, library):
        self.library, self.names = ctypes.CDLL(library), dict(BASIC)
        with open(header, encoding="utf-8") as file:
            text = file.read().split("// >>api\n", 1)[1].split("#endif // R0_H")[0]
        text = re.sub(r"//[^\n]*|^#[^\n]*", "", text, flags=re.M)
        for statement in _split(text, ";"):
            self.declare(" ".join(statement.split()))

    def __getattr__(self, name):
        try:
            return self.__dict__["names"][name]
        except KeyError:
            raise AttributeError(f"r0.h declares no {name}") from None

    def declare(self, statement):
        """One statement of the header's public half. What it cannot read is an error: a binding must not guess."""
        if m := re.fullmatch(r"(?:typedef )?enum (\w* ?)\{(.*)\}(?: \w+)?", statement):
            value = -1
            for entry in _split(m[2], ","):
                name, _, given = entry.partition("=")
                value = eval(given, {}, self.names) if given else value + 1  # noqa: S307 (numbers of our own header)
                self.names[name.strip()] = value
            self.names[m[1].strip()] = ctypes.c_int
        elif m := re.fullmatch(r"typedef struct (\w+) \{(.*)\} \w+", statement):
            made = self.names.setdefault(m[1], type(m[1], (ctypes.Structure,), {}))
            made._fields_ = [field for part in _split(m[2], ";") for field in self.fields(part)]
        elif m := re.fullmatch(r"typedef struct (\w+) (\w+)", statement):
            self.names[m[2]] = type(m[2], (ctypes.Structure,), {})  # opaque
        elif m := re.fullmatch(r"typedef (.+?)\(\*(\w+)\)\((.*)\)", statement):
            self.names[m[2]] = self.callback(m[1], m[3])
        elif m := re.fullmatch(r"R0_API (.+?)(\w+)\((.*)\)", statement):
            function = self.names[m[2]] = getattr(self.library, m[2])
            function.restype, function.argtypes = self.type(m[1]), self.arguments(m[3])
        else:
            raise Error(f"r0.h: a declaration that this module cannot read: {statement[:90]}")

    def type(self, text):
        """`const char *`, `r0_model **`, ... A text that is handed in is c_char_p, memory to release c_void_p."""
        words = text.replace("*", " * ").split()
        stars, name = words.count("*"), [w for w in words if w not in ("*", "const", "struct")][0]
        if stars and name == "char" and words[0] == "const":
            stars, made = stars - 1, ctypes.c_char_p
        elif stars and name in ("void", "char"):
            stars, made = stars - 1, ctypes.c_void_p
        else:
            made = self.names.setdefault(name, type(name, (ctypes.Structure,), {})) if stars else self.names[name]
        for _ in range(stars):
            made = ctypes.POINTER(made)
        return made

    def arguments(self, text):
        return [self.type(re.sub(r"\w+$", "", part) if "*" in part or " " in part else part)
                for part in _split(text, ",") if part != "void"]

    def callback(self, result, arguments):
        return ctypes.CFUNCTYPE(self.type(result), *self.arguments(arguments))

    def fields(self, text):
        """Of one declaration: `int a, b[4]`, `const char *a, *b`, `bool (*valid)(void *user, r0_span question)`."""
        base, rest = re.match(r"((?:const |struct )*\w+ )(.*)", text.replace("*const", "*").replace("* *", "**")).groups()
        for declarator in _split(rest, ","):
            if m := re.fullmatch(r"\(\*(\w+)\)\((.*)\)", declarator):
                yield m[1], self.callback(base, m[2])
                continue
            stars, name, size = re.fullmatch(r"(\**)(\w+)(?:\[(.*)\])?", declarator.replace("const ", "")).groups()
            made = self.type(base + stars)
            yield name, made * eval(size, {}, self.names) if size else made  # noqa: S307


_library = _find("R0_LIBRARY", *(os.path.join(HERE, *p) for p in (
    ("..", "..", "build", "libr0.so"), ("libr0.so",))), "/usr/local/lib/libr0.so", "/usr/lib/libr0.so")
c = Header(_find("R0_HEADER", os.path.join(HERE, "..", "..", "r0.h"), os.path.join(HERE, "r0.h"),
                 os.path.join(os.path.dirname(_library), "..", "include", "r0.h")), _library)
STATUS = {value: name for name, value in c.names.items() if re.match(r"R0_(OK|ERROR_)", name)}

# -- texts, tokens ----------------------------------------------------------------------------------------------


def _span(text):
    data = text.encode()
    return c.r0_span(data, len(data))


def _text(span):
    pointer = ctypes.c_void_p.from_buffer(span).value  # the field itself ends at a NUL
    return ctypes.string_at(pointer, span.size).decode(errors="replace") if span.size else ""


def _ids(tokens):
    return (ctypes.c_int32 * len(tokens))(*tokens)


def _sequences(parts):
    """r0_sequence of (prompt's ids, response's ids)."""
    arrays = [_ids([*p, *r]) for p, r in parts]
    return (c.r0_sequence * len(parts))(*(c.r0_sequence(a, len(a), len(p)) for a, (p, _) in zip(arrays, parts)))


def _fill(made, values):
    for name, value in values.items():
        setattr(made, name, value.encode() if isinstance(value, str) else value)
    return made


Completion = namedtuple("Completion", "text tokens logp finished")
Vote = namedtuple("Vote", "answer votes total agreement clusters")

# -- objects ----------------------------------------------------------------------------------------------------


class Context:
    """A device and its threads: Context(device="cpu", threads=2, log=print). progress(phase, done, total) is called
    during long work; cancel() is polled, and stops it when it returns True."""

    def __init__(self, device=None, threads=0, log=None, progress=None, cancel=None, **desc):
        self.pointer, self.raised, self.keep = ctypes.POINTER(c.r0_context)(), None, []
        desc = _fill(c.r0_context_desc(), {"threads": threads, **({"device": device} if device else {}), **desc})
        if log:
            desc.log = self.calls(c.r0_log_fn, lambda _, level, text: log(text.decode(errors="replace")))
        if progress:
            desc.progress = self.calls(c.r0_progress_fn, lambda _, p: progress(
                p.contents.phase.decode(), p.contents.done, p.contents.total))
        desc.cancel = self.calls(c.r0_cancel_fn, lambda _: self.raised is not None or bool(cancel and cancel()), True)
        self.check(c.r0_context_create(desc, self.pointer))
        self.device = c.r0_device_name(self.pointer).decode()

    def calls(self, kind, function, failed=None):
        """A Python function as a C callback. What it raises stops the work, and is raised again where that began."""
        def guarded(*arguments):
            try:
                return function(*arguments)
            except BaseException as e:  # noqa: B036 (KeyboardInterrupt too)
                self.raised = self.raised or e
                return failed
        self.keep.append(kind(guarded))
        return self.keep[-1]

    def check(self, status):
        raised, self.raised = self.raised, None
        if raised:
            raise raised
        if status:
            raise Error(c.r0_error(self.pointer).decode(), STATUS[status])

    def close(self):
        c.r0_context_destroy(self.pointer)
        self.pointer = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def load(self, folder, dtype="F32"):
        """A model folder with its tokenizer (an adapter's folder opens the base that it names, too)."""
        made = ctypes.POINTER(c.r0_model)()
        self.check(c.r0_model_load_as(self.pointer, str(folder).encode(), dtype.encode(), made))
        return Model(self, made, str(folder))

    def equal(self, gold, answer, places=0):
        """Do two answers mean the same? True, False, or None where the budget of the judge was reached."""
        verdict = c.r0_verdict()
        self.check(c.r0_answer_equal(self.pointer, _span(gold), _span(answer), places, verdict))
        return {c.R0_EQUAL: True, c.R0_UNEQUAL: False}.get(verdict.equal)

    def vote(self, answers):
        """The majority of answers ("" where there was none), by the judge that training uses."""
        vote = c.r0_vote()
        judge = ctypes.cast(c.r0_equal_strict, c.r0_equal_fn)
        spans = (c.r0_span * len(answers))(*map(_span, answers))
        self.check(c.r0_vote_count(self.pointer, spans, len(answers), None, judge, self.pointer, None, vote))
        winner = answers[vote.pseudo_label] if vote.pseudo_label >= 0 else None
        return Vote(winner, vote.votes, vote.total, vote.agreement, vote.clusters)

    def evolve(self, model, run, preset="tiny", seed=1, sets=None, valid=None, equal=None, oracle=None,
               on_iteration=None, resume=False, **numbers):
        """The whole loop of R-Zero (r0_evolve), in the folder `run`. `sets`: {name: path} of questions to measure on;
        `numbers`: fields of the run, with __ for a dot (challenger__steps=4). The task's functions take texts:
        valid(q), equal(a, b), oracle(q) -> the right answer, None (unknown) or "" (ill-posed). on_iteration(r) gets
        each r0_iteration_result."""
        desc, result, kept = c.r0_evolve_desc(), c.r0_evolve_result(), len(self.keep)
        self.check(c.r0_evolve_preset(self.pointer, preset.encode(), desc.config))
        for name, value in numbers.items():
            name, value = name.replace("__", "."), str(value).lower() if isinstance(value, bool) else str(value)
            self.check(c.r0_evolve_set(self.pointer, desc.config, name.encode(), value.encode()))
        _fill(desc, {"model_folder": str(model), "run_folder": str(run), "seed": seed, "preset": preset,
                     "resume": resume})
        kinds = dict(c.r0_task._fields_)

        def ask_oracle(_, question, buffer, room):
            answer = oracle(_text(question))
            if not answer:
                return c.R0_ORACLE_UNKNOWN if answer is None else c.R0_ORACLE_ILL_POSED
            data = answer.encode()[:room - 1] + b"\0"
            ctypes.memmove(buffer, data, len(data))
            return c.R0_ORACLE_ANSWER

        if valid:
            desc.task.valid = self.calls(kinds["valid"], lambda _, q: bool(valid(_text(q))), False)
        if equal:
            desc.task.equal = self.calls(c.r0_equal_fn, lambda _, a, b: bool(equal(_text(a), _text(b))), False)
            desc.task.judge = b"python"
        if oracle:
            desc.task.oracle = self.calls(kinds["oracle"], ask_oracle, 0)
        if on_iteration:
            kind = dict(c.r0_evolve_desc._fields_)["on_iteration"]
            desc.on_iteration = self.calls(kind, lambda _, r: on_iteration(r.contents))
        desc.sets, desc.set_count = (c.r0_evaluation_set * len(sets or ()))(), len(sets or ())
        try:
            for one, (name, path) in zip(desc.sets, (sets or {}).items()):
                one.name, one.path = name.encode(), str(path).encode()
                self.check(c.r0_bench_load(self.pointer, one.path, one.bench))
            self.check(c.r0_evolve(self.pointer, desc, result))
        finally:
            for i in range(desc.set_count):
                c.r0_bench_free(self.pointer, desc.sets[i].bench)
            del self.keep[kept:]
        return result


class Model:
    """A transformer and its tokenizer. Prompts and texts are str; `tokens` are lists of ids."""

    def __init__(self, context, pointer, folder, base=None):
        self.context, self.pointer, self.folder, self.base = context, pointer, folder, base
        if base:  # an adapter speaks its base's tokens
            self.tokenizer, self.own = base.tokenizer, False
            return
        self.tokenizer, self.own = ctypes.POINTER(c.r0_tokenizer)(), True
        context.check(c.r0_tokenizer_load(context.pointer, folder.encode(), self.tokenizer))

    def close(self):
        if self.own:
            c.r0_tokenizer_destroy(self.tokenizer)
        c.r0_model_destroy(self.pointer)
        self.pointer = None

    def encode(self, text, special=True):
        """Ids of a text; `special`: special tokens that stand in it are parsed."""
        tokens = c.r0_tokens()
        flags = c.R0_TOKENIZE_SPECIAL if special else 0
        self.context.check(c.r0_tokenizer_encode(self.tokenizer, _span(text), flags, tokens))
        ids = tokens.ids[:tokens.count]
        c.r0_tokens_free(self.context.pointer, tokens)
        return ids

    def _written(self, function, *arguments):
        """What a function writes into memory that is the caller's to release."""
        text, size = ctypes.c_void_p(), ctypes.c_size_t()
        self.context.check(function(self.tokenizer, *arguments, text, size))
        made = ctypes.string_at(text.value, size.value).decode(errors="replace")
        c.r0_text_free(self.context.pointer, text)
        return made

    def decode(self, tokens, skip_special=False):
        flags = c.R0_DECODE_SKIP_SPECIAL if skip_special else 0
        return self._written(c.r0_tokenizer_decode, _ids(tokens), len(tokens), flags)

    def chat(self, *messages):
        """The prompt that the chat template makes of ("user", "Hello"), ..., with the assistant's turn opened."""
        made = (c.r0_message * len(messages))(*(c.r0_message(_span(r), _span(t)) for r, t in messages))
        return self._written(c.r0_chat_render, made, len(messages), True)

    def generate(self, prompts, n=1, **sampling):
        """n completions of every prompt: a list of lists of Completion. sampling: temperature (0: greedy), top_k,
        top_p, max_new_tokens, seed."""
        rollouts = self._rollouts([prompts] if isinstance(prompts, str) else prompts, n, sampling)[1]
        try:
            made = [self._completion(rollouts.items[i]) for i in range(rollouts.count)]
            return [made[i:i + n] for i in range(0, len(made), n)]
        finally:
            c.r0_rollouts_free(self.context.pointer, rollouts)

    def session(self, positions=0):
        """A text in several turns: what it has read stays as keys and values."""
        return Session(self, positions)

    def _rollouts(self, prompts, n, sampling):
        sequences, rollouts = _sequences([(self.encode(p), []) for p in prompts]), c.r0_rollouts()
        settings = _fill(c.r0_sampling(), {"temperature": 1, "max_new_tokens": 64, "seed": 1, **sampling})
        self.context.check(c.r0_generate(self.pointer, sequences, len(prompts), n, settings, rollouts))
        return sequences, rollouts

    def _completion(self, r):
        tokens = r.tokens[:r.length]
        return Completion(self.decode(tokens[:-1] if r.finished else tokens), tokens, r.logp[:r.length], r.finished)

    def logits(self, text_or_tokens):
        """What the model says after each token: a row of V floats per token."""
        ids = self.encode(text_or_tokens) if isinstance(text_or_tokens, str) else list(text_or_tokens)
        width = c.r0_model_shape(self.pointer).contents.vocab_size
        rows = ((ctypes.c_float * width) * len(ids))()
        floats = ctypes.cast(rows, ctypes.POINTER(ctypes.c_float))
        self.context.check(c.r0_logits(self.pointer, _ids(ids), len(ids), 0, floats))
        return [list(row) for row in rows]

    def lora(self, rank=16, seed=1, **desc):
        """A new adapter on this model, which computes what the model does until it is trained."""
        made = ctypes.POINTER(c.r0_model)()
        desc = _fill(c.r0_lora_desc(), {"rank": rank, "base_name": self.folder, **desc})
        self.context.check(c.r0_lora_create(self.pointer, desc, seed, made))
        return Model(self.context, made, self.folder, self)

    def save(self, folder):
        """Writes a folder that every program reads: weights, shape, and the tokenizer's files."""
        self.context.check(c.r0_model_save(self.pointer, str(folder).encode()))
        self.context.check(c.r0_tokenizer_copy(self.context.pointer, self.folder.encode(), str(folder).encode()))

    def trainer(self, **desc):
        """desc: temperature, weight_decay, max_grad_norm, micro_batch, recompute, ..."""
        return Trainer(self, desc)


class Session:
    """session.say(text), then session.generate(tell=print), turn by turn."""

    def __init__(self, model, positions=0):
        self.model, self.context, self.pointer = model, model.context, ctypes.POINTER(c.r0_session)()
        self.context.check(c.r0_session_create(model.pointer, model.tokenizer, positions, self.pointer))

    def close(self):
        c.r0_session_destroy(self.pointer)
        self.pointer = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def tokens(self):
        tokens = c.r0_session_tokens(self.pointer)
        return tokens.ids[:tokens.count]

    def say(self, text):
        """Reads a text, special tokens in it parsed."""
        self.context.check(c.r0_session_say(self.pointer, _span(text)))
        return self

    def rewind(self, length):
        self.context.check(c.r0_session_rewind(self.pointer, length))

    def generate(self, tell=None, stops=(), special=False, **sampling):
        """The next answer. tell(piece) hears its text as it is drawn, and ends it by returning False."""
        settings = _fill(c.r0_sampling(), {"temperature": 1, "seed": 1, **sampling})
        stream, answer, kept = c.r0_stream(), c.r0_rollout(), len(self.context.keep)
        stream.decode = 0 if special else c.R0_DECODE_SKIP_SPECIAL
        texts = (ctypes.c_char_p * len(stops))(*(text.encode() for text in stops))
        stream.stops, stream.stop_count = texts, len(stops)
        if tell:
            stream.piece = self.context.calls(dict(c.r0_stream._fields_)["piece"], lambda _, answer, piece:
                                              not piece.size or tell(_text(piece)) is not False, False)
        try:
            self.context.check(c.r0_session_generate(self.pointer, settings, stream, answer))
        finally:
            del self.context.keep[kept:]
        return Completion(_text(answer.text), answer.tokens[:answer.length], answer.logp[:answer.length],
                          answer.finished)


class Trainer:
    """Gradients and AdamW's moments beside a model (or an adapter)."""

    def __init__(self, model, desc):
        self.model, self.context, self.steps = model, model.context, 0
        self.pointer = ctypes.POINTER(c.r0_trainer)()
        self.context.check(c.r0_trainer_create(model.pointer, _fill(c.r0_trainer_desc(), desc), self.pointer))

    def close(self):
        c.r0_trainer_destroy(self.pointer)

    def grpo(self, prompts, reward, n=8, recipe="grpo", learning_rate=1e-6, mini_batches=1, reference=None, **sampling):
        """One update by GRPO: n completions of every prompt, reward(prompt, Completion) -> float for each. Returns the
        r0_update_stats (.reward.mean, .grad_norm, .entropy, ...)."""
        self.steps += 1
        sequences, rollouts = self.model._rollouts(prompts, n, {"seed": self.steps, **sampling})
        stats, found = c.r0_update_stats(), c.r0_grpo_recipe_find(recipe.encode())
        try:
            if not found:
                raise Error(f"recipe: there is no {recipe}")
            rewards = (ctypes.c_float * rollouts.count)(*(
                reward(prompts[i // n], self.model._completion(rollouts.items[i])) for i in range(rollouts.count)))
            self.context.check(c.r0_grpo_update(
                self.pointer, reference.pointer if reference else None, sequences, rollouts, n, rewards, found,
                learning_rate, mini_batches, sampling.get("seed", self.steps), stats))
        finally:
            c.r0_rollouts_free(self.context.pointer, rollouts)
        return stats

    def supervised(self, pairs, learning_rate=1e-5):
        """One step on (prompt, response) pairs; the mean cross-entropy before it. An end token is yours to write."""
        sequences = _sequences([(self.model.encode(p), self.model.encode(r)) for p, r in pairs])
        loss = ctypes.c_float()
        self.context.check(c.r0_trainer_supervised(self.pointer, sequences, len(pairs), learning_rate, loss))
        return loss.value
