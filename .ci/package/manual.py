"""The manual page and the shell completions of the program, from what `r0 --help` and `r0 COMMAND --help` say.

    python3 .ci/package/manual.py man|bash|zsh|fish PROGRAM >FILE
"""
import re, subprocess, sys

OPTION = re.compile(r"  --([a-z0-9-]+)(?: ([A-Z]+))?\s{2,}(.*)")


def ask(program, *words):
    return subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout


def options(text):
    """[(name, kind of value or None, help)] of every line that tells an option."""
    return [m.groups() for m in map(OPTION.match, text.split("\n")) if m]


def read(program):
    """(the program's own help, [(command, what it does, its help)])"""
    top = ask(program)
    listed = re.search(r"\nCommands.*?\n(.*)\nOptions", top, flags=re.S).group(1)
    commands = re.findall(r"^  ([a-z]+) +(\S.*)$", listed, flags=re.M)
    if len(commands) < 10:
        sys.exit(f"{program} --help: only {len(commands)} commands were found")
    return top, [(name, what, ask(program, name)) for name, what in commands]


def roff(text):
    """Text as troff takes it literally."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def man(program):
    top, commands = read(program)
    version = top.split(":")[0]
    out = [f'.TH R0 1 "" "{version}" "User Commands"', ".SH NAME", "r0 \\- a language model that teaches itself",
           ".SH SYNOPSIS", ".B r0", roff("[--device D] [--threads N] [--quiet] COMMAND [OPTIONS]"),
           ".SH DESCRIPTION", "R0 is R\\-Zero (arXiv 2508.05004) in one C header. This is its command\\-line program.",
           ".SH OPTIONS OF EVERY COMMAND"]
    for name, kind, text in options(top):
        out += [".TP", f".B {roff('--' + name + (' ' + kind if kind else ''))}", roff(text)]
    out.append(".SH COMMANDS")
    for name, what, text in commands:
        out += [f".SS r0 {name}", roff(what + "."), ".PP", ".nf", roff(text.rstrip()), ".fi"]
    out += [".SH EXIT STATUS", roff(top.rstrip().split("\n\n")[-1])]
    print("\n".join(out))


def bash(program):
    top, commands = read(program)
    everywhere = " ".join("--" + name for name, _, _ in options(top))
    print("_r0() {\n    local word=${COMP_WORDS[COMP_CWORD]} command= at\n"
          "    for at in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n        case $at in")
    print("            " + "|".join(name for name, _, _ in commands) + ") command=$at; break ;;\n        esac\n    done")
    print("    case $word:$command in\n        -*:)")
    print(f"            COMPREPLY=($(compgen -W '{everywhere}' -- \"$word\")) ;;")
    for name, _, text in commands:
        words = " ".join("--" + o[0] for o in options(text))
        print(f"        -*:{name}) COMPREPLY=($(compgen -W '{words} {everywhere}' -- \"$word\")) ;;")
    print("        *:) COMPREPLY=($(compgen -W '" + " ".join(name for name, _, _ in commands) + "' -- \"$word\")) ;;")
    print("        *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n    esac\n}\ncomplete -o filenames -F _r0 r0")


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh_option(option):
    name, kind, text = option
    text = re.sub(r"([\[\]:\\])", r"\\\1", text)
    return quote(f"--{name}[{text}]" + (f":{kind.lower()}:_files" if kind else ""))


def zsh(program):
    top, commands = read(program)
    print("#compdef r0\n_r0() {\n    local context state line\n    local -a commands=(")
    for name, what, _ in commands:
        print("        " + quote(f"{name}:" + what.replace(":", "\\:")))
    print("    )\n    _arguments -C \\")
    for option in options(top):
        print(f"        {zsh_option(option)} \\")
    print("        '1:command:->command' '*::argument:->argument'\n    case $state in")
    print("        command) _describe command commands ;;\n        argument)\n            case $line[1] in")
    for name, _, text in commands:
        print(f"                {name}) _arguments {' '.join(map(zsh_option, options(text)))} '*:file:_files' ;;")
    print("            esac ;;\n    esac\n}\n_r0 \"$@\"")


def fish(program):
    top, commands = read(program)
    for name, what, _ in commands:
        print(f"complete -c r0 -n __fish_use_subcommand -a {name} -d {quote(what)}")
    for name, kind, text in options(top):
        print(f"complete -c r0 -l {name}{' -r' if kind else ''} -d {quote(text)}")
    for command, _, help_text in commands:
        for name, kind, text in options(help_text):
            print(f"complete -c r0 -n '__fish_seen_subcommand_from {command}' -l {name}{' -r' if kind else ''} "
                  f"-d {quote(text)}")


if len(sys.argv) != 3 or sys.argv[1] not in ("man", "bash", "zsh", "fish"):
    sys.exit(__doc__)
{"man": man, "bash": bash, "zsh": zsh, "fish": fish}[sys.argv[1]](sys.argv[2])
