"""The table of LaTeX commands that print something in plain text, as pylatexenc has it: r0i_plain_commands in r0.h.

    pip install pylatexenc==2.11
    python3 tests/make_plain_commands.py
"""
import logging
from pylatexenc import latex2text

NAMES = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega cdot times div pm mp infty le leq
ge geq neq equiv approx sim simeq cong propto ll gg leqslant geqslant in notin ni subset subseteq supset supseteq cup cap
bigcup bigcap setminus emptyset varnothing forall exists partial nabla ell hbar sum prod int oint circ bullet star ast dagger
oplus otimes perp parallel angle to rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow mapsto uparrow
downarrow ldots dots cdots vdots ddots prime mid vert lvert rvert Vert lVert rVert langle rangle lfloor rfloor lceil rceil
lbrace rbrace lbrack rbrack backslash aleph square sin cos tan sinh cosh tanh arcsin arccos arctan ln log exp max min sup inf
lim limsup liminf sec csc cot lg arg det dim ker gcd deg Re Im textdegree quad qquad thinspace enspace degree""".split()


def literal(text):
    """A C string: bytes beyond ASCII as \\x.., the literal broken where a hex digit would join them."""
    out, after_hex = "", False
    for byte in text.encode():
        if 32 <= byte < 127 and not (after_hex and chr(byte) in "0123456789abcdefABCDEF"):
            out, after_hex = out + ("\\" + chr(byte) if chr(byte) in '"\\' else chr(byte)), False
        elif 32 <= byte < 127:
            out, after_hex = out + '" "' + chr(byte), False
        else:
            out, after_hex = out + "\\x%02X" % byte, True
    return out


logging.disable(logging.ERROR)
line = "   "
for name in NAMES:
    text = latex2text.LatexNodes2Text().latex_to_text("\\" + name)
    if not text:
        continue
    item = ' {"%s", "%s"},' % (name, literal(text))
    if len(line) + len(item) > 112:
        print(line)
        line = "   "
    line += item
print(line)
