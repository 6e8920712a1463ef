"""Makes tests/data/templates.jsonl: what transformers renders for templates that use one part of Jinja after the other.
Run: python tests/make_templates.py   (transformers 5.24.0, Jinja2 3.1.6; no model is needed)

The first line holds the chat of all cases; then one line each: {"template", "text"}, without the template where it is
that of the line before, with "messages", "variables", "prompt" where they are not the usual. A text of null: it raises.
"""
import json
import os
from transformers.utils.chat_template_utils import render_jinja_template

CHAT = [{"role": "system", "content": "sys"}, {"role": "user", "content": "Hi there"},
        {"role": "assistant", "content": "yo <b>"}, {"role": "user", "content": "Q \u00e9?"}]
TOOLS = [{"type": "function", "function": {"name": "f", "description": "d <é>", "parameters": {
    "type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "string", "enum": ["a", "b"]}},
    "required": ["x"]}}}]
CALLS = [{"role": "user", "content": "2+2?"},
         {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [
             {"type": "function", "function": {"name": "f", "arguments": {"x": 2.0, "y": "a"}}}]},
         {"role": "tool", "content": "4", "name": "f"}, {"role": "assistant", "content": "It is 4."}]
THINKS = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "thinking": "t"},
          {"role": "user", "content": "c"}, {"role": "assistant", "content": "d", "reasoning": None, "x": None}]

# One template a line.
LINES = r'''
{{ messages|length }} {{ messages[0] }}
{{ messages }}
{% for m in messages %}{{ loop.index }}/{{ loop.revindex }}/{{ loop.revindex0 }} {{ loop.previtem.role if loop.previtem else '-' }} {{ loop.nextitem.role if not loop.last else '-' }};{% endfor %}
{% for m in messages recursive %}x{% endfor %}
{% for m in messages %}{{ loop.cycle('a','b') }}{% endfor %}
{% for a, b in [(1,2),(3,4)] %}{{ a }}{{ b }},{% endfor %}
{% for a, b in {'x': 1, 'y': [1,'z']}.items() %}{{ a }}={{ b }},{% endfor %}
{% for a in {'x': 1} %}{{ a }}{% endfor %}{% for c in 'aé日' %}[{{ c }}]{% endfor %}
{% for a in missing %}x{% else %}none{% endfor %}
{% for a in none %}x{% else %}none{% endfor %}
{% for a in 5 %}x{% endfor %}
{{ missing.x }}
{{ missing['x'] }}
{{ messages[0].nope.x }}
{{ messages[0].nope }}{{ messages[7] }}{{ messages[-9] }}{{ 'abc'[5] }}{{ 'abc'['x'] }}{{ none.x }}{{ 5[0] }}
{{ (5).real }}
{{ 'abc'.count('a') }}
{{ [3,1,2]|sort|join(',') }} {{ ['B','a','C']|sort|join(',') }} {{ ['B','a','C']|sort(case_sensitive=true)|join(',') }} {{ [1,3,2]|sort(reverse=true) }}
{{ messages|sort(attribute='role')|map(attribute='role')|join(',') }}
{{ messages|map('upper')|list }}
{{ messages|map(attribute='role')|map('upper')|join(' ') }}
{{ messages|map(attribute='nope', default='x')|join(' ') }} {{ messages|map(attribute='content')|map('replace','e','3')|join('|') }}
{{ messages|selectattr('role')|list|length }} {{ messages|rejectattr('role','in',['user','system'])|map(attribute='content')|join }}
{{ messages|selectattr('role','ne','user')|map(attribute='role')|list }} {{ [1,2,3,4]|select('odd')|list }} {{ [1,2,3,4]|reject('gt', 2)|list }} {{ [0,1,'',none]|select|list }}
{% set g = messages|selectattr('role','equalto','user') %}{{ g|list|length }}{{ g|list|length }}{% if g %}t{% endif %}
{% set g = messages|map(attribute='role') %}{{ g|first }}{{ g|list }}
{{ (messages|map(attribute='role'))[0] }}
{{ messages|map(attribute='role')|length }}
{{ messages|map(attribute='role') }}
{{ messages|selectattr('role','equalto','user')|last }}
{{ 'abc'|first }}{{ 'abc'|last }}{{ []|first }}{{ []|last }}{{ {'a':1}|first }}
{{ 1 if missing }}|{{ (1 if missing) is defined }}
{{ 'a' if false else 'b' if false else 'c' }}
{{ 1 if true if false else 2 }}
{{ not true == false }} {{ not (true == false) }} {{ 1 + 1 == 2 and 'x' }} {{ 0 or none or 'z' }}
{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 == 1 != 2 }} {{ 'a' in 'abc' == true }}
{{ 2 * 3 ** 2 }} {{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ 2 ** -1 }} {{ 10 % 3 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 / 3 }} {{ 2 / 1 }}
{{ 1e3 }} {{ 1.5e-7 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 123456789.125 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 100000000000000000 }}
{{ 1 ~ 2 + 3 }}
{{ 'a' ~ 2 * 3 }} {{ 'a' ~ none ~ missing ~ [1,'x'] ~ 1.0 }}
{{ 'x' * 3 }} {{ 3 * 'x' }} {{ [1] * 2 }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'a' * 0 }} {{ 'a' * -1 }}
{{ [1] + (2,) }}
{{ 'a' + 1 }}
{{ 'a' + missing }}
{{ missing + 'a' }}
{{ 1 + true }} {{ true + true }} {{ true * 3 }} {{ -true }} {{ +5 }} {{ - 5 }} {{ -'a' }}
{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[1:] }}{{ 'abc'[:-1] }}{{ 'abc'[::-1] }}{{ 'abcdef'[1:5:2] }}{{ 'abcdef'[-2:-5:-1] }}{{ 'abc'[5:] }}{{ 'abc'[:99] }}{{ 'éà日本'[1:3] }}{{ 'éà日本'[::-1] }}
{{ [1,2,3,4][::-2] }} {{ [1,2,3][5:] }} {{ (1,2,3)[1:] }} {{ [1,2,3][-2:] }} {{ [1,2,3][none:2] }} {{ [1,2][::0] }}
{{ range(5)[1:3]|list }} {{ range(3)|length }} {{ range(3)|last }} {{ range(3)|first }} {{ 2 in range(3) }} {{ range(5, 0, -2)|list }} {{ range(0)|list }}
{{ range(3) }}
{{ range(1000000)|length }}
{{ {'a': 1}.a }}{{ {'a': 1}['a'] }}{{ {'items': 1}['items'] }}{{ {'items': 1}.items }}
{{ {'a': 1}.keys()|list }}{{ {'a': 1}.values()|list }}{{ {'a': 1, 'b': 2}.items()|list }} {{ {'a': 1}.items()|length }}
{{ {'a': 1}.keys() }}
{{ {'a': 1}.items()[0] }}|
{{ {'a': 1}.get('a') }}{{ {'a': 1}.get('b') }}{{ {'a': 1}.get('b', 'x') }} {{ {1: 'x', 1.0: 'y', 'k': {'z': none}} }} {{ {'a': 1, 'a': 2} }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ ' a  b  c '.split(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'abab'.split('ab') }} {{ 'a,b'.split(',', maxsplit=0) }}
{{ 'a'.split('') }}
{{ '  a '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcba'.lstrip('ab') }}|{{ '\n\u00a0a\u2003'.strip() }}|{{ 'éaé'.strip('é') }}|{{ 'abc'.rstrip('cb') }}|{{ ' a '.strip(none) }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.startswith(('x','a')) }} {{ 'abc'.endswith(['c']) }}
{{ 'abc'.startswith('') }} {{ 'abc'.endswith(('c','d')) }} {{ 'a'.startswith('abc') }}
{{ 'aaa'.replace('a','b') }} {{ 'aaa'.replace('a','b',2) }} {{ 'abc'.replace('','-') }} {{ 'é'.replace('','-') }} {{ 'aXbX'.replace('X','') }} {{ ''.replace('','x') }}
{{ 'hello world foo-bar'.title() }} {{ "it's a dog's".title() }} {{ 'ABC dEF'.capitalize() }} {{ 'ABC'.lower() }} {{ 'abc'.upper() }} {{ 'éàü'.upper() }} {{ 'ПРИВЕТ'.lower() }} {{ 'αβγ'.upper() }} {{ '日本'.upper() }}
{{ "it's a dog's x-y (z [w {q <r"|title }} {{ 'hELLO wORLD'|title }} {{ 'ABC def'|capitalize }} {{ 5|upper }} {{ none|lower }} {{ true|title }}
{{ 'straße'.upper() }}
{{ ' a '|trim }}| {{ 'xax'|trim('x') }} {{ 5|trim }} {{ none|trim }}
{{ 'abc'|length }} {{ 'éà'|length }} {{ {'a':1}|length }} {{ missing|length }} {{ 'ab'|count }}
{{ 5|length }}
{{ none|length }}
{{ [1,2]|join }} {{ [1,'a',none,true]|join('-') }} {{ 'abc'|join(',') }} {{ {'a':1,'b':2}|join(',') }} {{ messages|join(',', attribute='role') }} {{ [1,2]|join(d='+') }}
{{ ', '.join(['a','b']) }} {{ ','.join('abc') }}
{{ ','.join([1]) }}
{{ {'b':1,'a':2,'C':0}|dictsort }} {{ {'b':1,'a':2,'C':0}|dictsort(true) }} {{ {'b':1,'a':2}|dictsort(by='value') }} {{ {'b':1,'a':2}|dictsort(reverse=true) }} {{ {'b':1,'a':2}|dictsort(false,'value',true) }}
{% for k, v in {'b':1,'a':2}|dictsort %}{{ k }}{{ v }}{% endfor %}{% for k, v in {'b':1}|items %}{{ k }}{{ v }}{% endfor %}{{ missing|items|list }}
{{ '5'|int }} {{ ' 7 '|int }} {{ '-3'|int }} {{ '+4'|int }} {{ 'x'|int }} {{ 'x'|int(9) }} {{ '3.9'|int }} {{ 3.9|int }} {{ -3.9|int }} {{ true|int }} {{ none|int }} {{ ''|int }} {{ '1.'|int }} {{ '.5'|int }}
{{ '5a'|int }} {{ 'Sé 5'|int(7) }} {{ '{1}'|int }} {{ '1 2'|int(3) }} {{ '0x1f'|int }} {{ 'é'|int }}
{{ 2.0 % -0.5 }} {{ -4.0 % 2 }} {{ 5.5 % -2 }} {{ 0.0 // -2.0 }} {{ -7.5 // 2 }} {{ 7.0 % 2.5 }}
{{ missing|int }}
{{ [1,2]|string + 'x' }} {{ 5|string|length }} {{ 'x'|string }}
{{ missing|default('a') }} {{ ''|default('a') }} {{ ''|default('a', true) }} {{ none|d('x') }} {{ none|d('x', boolean=true) }} {{ missing|default }}| {{ missing|default(default_value='q') }}
{{ {'a':[1,2.0,none,true,'é"\\\n\t\u0001\x7f']}|tojson }} {{ {'a':1}|tojson(indent=2) }} {{ []|tojson }} {{ {}|tojson(indent=2) }} {{ [[]]|tojson(indent=1) }} {{ 'é😀'|tojson(ensure_ascii=true) }} {{ {'b':1,'a':[1,2]}|tojson(separators=(',',':'), sort_keys=true) }} {{ (1,2)|tojson }} {{ {'b':{'c':1}}|tojson(indent=4, separators=(', ','= ')) }}
{{ missing|tojson }}
{{ '<script>&"\''|tojson }}
{{ 'x'|safe }} {{ ('<b>'|safe) ~ '<i>' }} {{ 'a'|safe|length }} {{ 'a'|safe + 'b' }} {{ 'a'|safe|trim }}
{{ 'a'|safe + '<' }}
{{ ['a'|safe] }}
{{ messages is defined }} {{ x is not defined }} {{ x is undefined }} {{ none is none }} {{ 1 is integer }} {{ 1.0 is float }} {{ true is integer }} {{ true is number }} {{ true is boolean }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ 'a' is string }} {{ [] is sequence }} {{ {} is sequence }} {{ 'a' is sequence }} {{ 5 is sequence }} {{ {} is mapping }} {{ [] is iterable }} {{ 5 is iterable }} {{ missing is iterable }} {{ missing is sequence }} {{ none is iterable }} {{ {}.items() is sequence }} {{ ([]|map('x')) is iterable }}
{{ 4 is divisibleby 2 }} {{ 5 is divisibleby(2) }} {{ 5 is odd }} {{ 4 is even }} {{ 3 is eq 3 }} {{ 3 is equalto(4) }} {{ 3 is in [1,3] }} {{ 3 is gt 2 }} {{ 3 is lessthan 2 }} {{ 3 is not odd }} {{ 1 is defined and 2 is defined }} {{ 'a' is in 'cat' }}
{{ 1 is foo }}
{{ 1|foo }}
{% if false %}{{ 1|foo }}{% endif %}ok
{{ [1, 'a', "b'c", 'd"e', 'f\'g"h', '\n\t\\', 'é', '\u200b', '\x00', 1.5, none, true, {'a': (1,)}, (), (1,2)] }}
{{ 'a' 'b' "c" }}{{ 'a\
b' }}{{ '\q\d' }}{{ '\x41\u0042\U00000043' }}{{ '\a\b\f\v\r'|tojson }}
{# c #}{#- c -#}  x {#+ y +#}
   {# only comment #}
z
  {%+ if true %}  a  {%+ endif +%}
b
  {% if true -%}   

  a   {%- endif %}
b
{%- set a = 1 -%}
{{- a -}}
  x
{% raw %}{{ x }} {% y %}
{% endraw %}
z
  {% raw -%}
   {{ x }}
  {%- endraw +%}
z
a {% raw %} b {% endraw %} c
{% raw %}
  l1
  {% endraw %}
l2
{% set x %}  a {{ 1 }} {% endset %}[{{ x }}]{% set x | trim | upper %}  abc {% endset %}[{{ x }}]
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}{% for i in [1] %}{% set x = 3 %}{{ x }}{% endfor %}{{ x }}
{% for i in [1,2] %}{{ x is defined }}{% set x = i %}{{ x }}{% endfor %}{{ x is defined }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}{% set e = 1, %}{{ e }}
{% set a, b = 1 %}
{% set a, b = [1,2,3] %}
{% set ns = namespace(a=1) %}{% set ns.b = 2 %}{% for i in range(3) %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}{{ ns['a'] }}
{% set ns = namespace({'x': 1}, y=2) %}{{ ns.x }}{{ ns.y }}{% set ns.x, ns.y = 5, 6 %}{{ ns.x }}{{ ns.y }}
{% set d = {'a': 1} %}{% set d.a = 2 %}
{% set ns = namespace() %}{% set ns._a = 2 %}
{{ namespace(a=1) }}
{{ dict(a=1, b='x') }} {{ dict({'a': 1}, b=2) }}
{% macro f(a, b=2, c='x') %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, c=3) }} {{ f(c=1, a=2) }} {{ f() }} {{ f(1,2,3)|upper }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, b=2) }}
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% macro f(a, b=a ~ 'x') %}{{ b }}{% endmacro %}{{ f(1) }}
{% macro f() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ f() }}{% set x = 2 %}{{ f() }}{% for x in [7] %}{{ f() }}{% endfor %}
{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}body {{ 1 }}{% endcall %}
{% macro f() %}{% for i in [1,2] %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(x) f() %}<{{ x }}>{% endcall %}
{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}
{% filter upper %}abc {{ 'd' }}{% endfilter %}{% filter replace('a','b')|upper %}aa{% endfilter %}
{% generation %}a{% set q = 1 %}{% endgeneration %}{{ q is defined }}
{% for i in range(10) %}{% if i == 3 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in range(3) %}{% for k in range(3) %}{% if k == 1 %}{% break %}{% endif %}{{ i }}{{ k }} {% endfor %}{{ loop.index }}{% endfor %}
{% break %}
{% for i in [1,2,3] if i != 2 %}{{ i }}{{ loop.length }}{{ loop.last }}{% endfor %}
{% for i in [1,2,3] if i > 5 %}x{% else %}empty{% endfor %}
{% for i in [1,2] %}{{ i }}{% continue %}{% else %}left{% endfor %}{% for i in [1,2] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% else %}left{% endfor %}
{% set ns = namespace(n=0) %}{% for i in [1,2,3] if ns.n < 2 %}{% set ns.n = ns.n + 1 %}{{ i }}{% endfor %}
{% for i in [1,2] %}{{ loop }}{% endfor %}
{{ raise_exception('bad ' ~ 1) }}
{{ strftime_now is defined }}{{ raise_exception is defined }}{{ range is defined }} {{ tools is defined }}{{ tools is none }}{{ documents is none }}
{{ lipsum() }}
{{ cycler('a') }}
{{ self }}
{{ ''.__class__ }}
{{ messages.__class__ }}
{{ messages.append(1) }}
{{ '%s' % 'a' }}
{{ '{}'.format(1) }}
{{ "%d" % 5 }}
{% with a = 1 %}{{ a }}{% endwith %}
{% include 'x' %}
{% do messages.append(1) %}
{{ [1,2,3]|reverse|list }} {{ 'abc'|reverse }}
{{ [1,2,3]|sum }}
{{ [1,1,2]|unique|list }}
{{ 3.7|round }}
{{ 'a\nb'|indent(2) }}
{{ '7' is integer }}{{ 'a' == "a" }}{{ [1,2] == [1,2] }}{{ [1] == (1,) }}{{ {'a':1} == {'a':1.0} }}{{ {'a':1,'b':2} == {'b':2,'a':1} }}{{ none == missing }}{{ missing == nothing }}{{ 1 == true }}{{ 'a' != 1 }}
{{ [1,2] < [1,3] }} {{ 'a' < 'b' }} {{ 'é' > 'z' }} {{ (1,2) < (1,) }}
{{ 'a' < 1 }}
{{ none < 1 }}
{{ missing < 1 }}
{{ 1 in missing }} {{ 'a' in {'a':1} }} {{ 1 in [1.0] }} {{ '' in 'a' }} {{ 1 not in (1,2) }}
{{ 1 in 'a' }}
{{ 1 in none }}
{{ none in [none] }} {{ missing in [1] }}
{{ messages[0]['role'].upper() ~ messages[1].content.split(' ')[0][0] }}
{{ messages | map(attribute='content') | list | tojson }}
{{ (messages | selectattr('role', 'equalto', 'user') | list)[-1].content }}
{{ (messages|last)['content']|trim|upper }} {{ messages[-1]['content'] is string and messages[-1]['content']|length > 2 }}
{{ messages[0].content.nope is defined }} {{ messages[0].get('tool_calls') is none }} {{ messages[0].get('x', [])|length }}
{{ 'a' if messages[0].tool_calls is defined and messages[0].tool_calls else 'b' }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ {[1]: 2} }}
{{ {(1,2): 3} }}
{{ 1.0 ~ '' }} {{ 1.10 }} {{ 10000000.0 * 10 }} {{ 3.0 * 2 }} {{ 5 - 2.5 }} {{ -0.0 }}
{{ 00 }}
{{ 1_000 }}
{{ 0x10 }}
{{ }}
{% if %}x{% endif %}
{% for %}x{% endfor %}
{{ a b }}
{{ 'abc }}
{% if true %}
{{ (1 }}
{{ 1) }}
{% endif %}
{% else %}
{{ a. }}
{{ |upper }}
{% set %}
{% set 1 = 2 %}
{% set a.b.c = 2 %}
{% unknown %}
{{ 'a'!='b' }}{{ 3>=2 }}{{ 3<=2 }}{{1+1}}{{-1}}{{- 1 -}} x {{ {'a':{'b':{}}} }}
{{ [1,2,][0] }} {{ {'a':1,} }} {{ (1,2,) }} {{ () }} {{ [] }} {{ {} }}
{{ (1) }} {{ ((1,),) }} {{ 1, 2 }}
{{ messages[0].role.split('s')|length if messages else 0 }}
{{ - 3 | abs }} {{ (messages|length) - 1 }} {{ messages|length - 1 }} {{ messages|length % 2 == 0 }}
{{ 'a' | upper ~ 'b' | upper }} {{ ('a' ~ 'b') | upper }} {{ not 'a' in 'b' }} {{ not 1 is odd }}
{{ true and messages[0] }}
{{ '' is defined }} {{ (missing or 'x') }} {{ missing and 'y' }}| {{ not missing }}
{%if true%}a{%endif%}{%for i in[1]%}{{i}}{%endfor%}
{{ messages[0].content | replace('s', 'z') }} {{ 'a.b'|replace('.', '') }} {{ 5|replace(5, 6) }} {{ 'aaa'|replace('a','b',1) }}
{{ messages|selectattr('content', 'defined')|list|length }} {{ messages|selectattr('tool_calls', 'undefined')|list|length }} {{ messages|selectattr('role', 'string')|list|length }} {{ messages|map('string')|first|length }}
{{ [{'a':{'b':[5,6]}}]|map(attribute='a.b.1')|list }} {{ [[1,2],[3,4]]|map(attribute=1)|list }} {{ [[1,2]]|map('first')|list }} {{ [[1,2]]|map('join','-')|list }} {{ ['a']|map('default','b')|list }}
{{ messages|map('attr', 'role')|list }}
{{ loop is defined }} {% for x in [1] %}{{ loop is defined }}{{ loop.index is defined }}{{ loop.foo is defined }}{% endfor %}
{% for x in [1,2] %}{% for y in [1] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{% for x in [1,2] %}{% set outer = loop %}{% for y in [1] %}{{ outer.index }}{% endfor %}{% endfor %}
{% set messages = messages[1:] %}{{ messages|length }}{% for m in messages %}{% set messages = [] %}{{ messages|length }}{% endfor %}{{ messages|length }}
{% if messages|length > 2 and messages[0].role == 'system' or false %}y{% elif true %}n{% else %}m{% endif %}{% if false %}{% elif false %}{% else %}{% if true %}deep{% endif %}!{% endif %}
{{ 'line1\nline2'.splitlines() }}
{{ 'a' 'b' ~ 'c' }}{{ "a" + 'b' "c" }}
{{ true|tojson }}{{ none|tojson }}{{ 1.5|tojson }}{{ 'a'|tojson }}{{ 1e22|tojson }}{{ 12345678901|tojson }}
{{ add_generation_prompt }} {{ bos_token }} {{ pad_token is defined }} {{ enable_thinking is defined }}
{{ messages == messages[:] }} {{ messages[0] in messages }} {{ {'role':'system','content':'sys'} in messages }}
{{ 'a-b c_d'.title() }} {{ 'x1y2'.title() }} {{ '1a 2B'.title() }} {{ ''.title() }} {{ ''.capitalize() }}
{{ '👍🏽é'|length }} {{ '👍x'[1] }} {{ 'e\u0301'|length }}
{{ 'a\u00a0b'.split() }} {{ 'a\u2028b\x1cb\x85c'.split() }} {{ 'a\u200bb'.split() }}
{{ ['a', 'b']|join(' | ') }}{{ '|' }}{{ "}}" }}{{ '%}' }}{{ '{{' }}
'''.strip().split("\n")
# Templates in which line ends matter.
BLOCKS = ["{{ 'a\\\nb' }}", "{% if true %}\nline\n  {% endif %}\n\n{{ 1 }}\n\n  {{ 2 }}\n", "  {# c #}  \n x\n", "{%- if true -%}\n a\n{%- endif -%}\n", "a\r\nb{% if true %}\r\nc{% endif %}\r\n", "\n{% set x = 1 %}\n{{ x }}\n", "x\n\n\n", "{% for m in messages %}\n  {{ m.role }}\n{% endfor %}\nend", "{% raw %}\n{{ a }}\n{% endraw %}\nq", "a\n  {% raw %} {{ b }} {% endraw %}\nc", "a\n  {%- raw -%} \n {{ b }} \n {%- endraw -%}\nc",
 "{{ 1 -}}\n\n x", "{{ 1 }}\nx", "{% if true +%}\nx{% endif %}", "  {%+ if true %}x{% endif %}", "\t{% if true %}\n\tx\n\t{% endif %}\ny", "x {% if true %}\ny{% endif %}", "{#\n multi\n#}\nx", "{# a #}{# b #}\n{# c #}\n", "{% if true %}{# a #}\n{% endif %}z", "{{ '''a''' }}", "{{ \"a\nb\" }}", "{{ 'é' ~ \"日本\" }}é",
 "{% macro m(x) -%}\n  {{ x }}\n{%- endmacro %}\n[{{ m(1) }}]", "\f{% if 1 %}x{% endif %}", "{%if 1%}\n\n{%endif%}\n", "{{ 1 }}{% if 1 %}   {% endif %}\n  {% if 1 %}\n", "{% if 1 %}a{% endif %} \n  {% if 1 %}b{% endif %}"]

# How families write thoughts, tools and dates: forms of published templates, in words of our own.
FAMILIES = [
    ("""{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- "# Tools\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- endif %}
{%- set ns = namespace(multi=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi and message.role == "user" and message.content is string and not(message.content.startswith('<t>') and message.content.endswith('</t>')) %}
        {%- set ns.multi = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == "assistant" %}
        {%- set thoughts = '' %}
        {%- if message.reasoning_content is string %}{%- set thoughts = message.reasoning_content %}{%- endif %}
        {{- '<|im_start|>' + message.role }}
        {%- if loop.index0 > ns.last and (loop.last or thoughts) %}{{- '\\n<think>\\n' + thoughts.strip('\\n') + '\\n</think>\\n' }}{%- endif %}
        {{- '\\n' + message.content.lstrip('\\n') }}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and message.content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
                {%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}
                {{- '<call>{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}{{- tool_call.arguments | tojson }}{%- endif %}
                {{- '}</call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}
        {{- '\\n<t>\\n' }}{{- message.content }}{{- '\\n</t>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}""", ({}, {"tools": TOOLS}, {"enable_thinking": False}, {"enable_thinking": True})),
    ("""{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<h>system</h>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}{{- "Environment: ipython\\n" }}{%- endif %}
{%- if builtin_tools is defined %}{{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\\n\\n"}}{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}{{- t | tojson(indent=4) }}{{- "\\n\\n" }}{%- endfor %}
{%- endif %}
{{- system_message }}{{- "<e>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<h>' + message['role'] + '</h>\\n\\n'+ message['content'] | trim + '<e>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}{{- raise_exception("one tool call at once!") }}{%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {%- if builtin_tools is defined and tool_call.name in builtin_tools %}
            {%- for arg_name, arg_val in tool_call.arguments | items %}
                {{- arg_name + '="' ~ arg_val ~ '"' }}
                {%- if not loop.last %}{{- ", " }}{%- endif %}
            {%- endfor %}
        {%- else %}{{- '{"name": "' + tool_call.name + '", "parameters": ' }}{{- tool_call.arguments | tojson }}{{- "}" }}{%- endif %}
        {{- "<e>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<h>ipython</h>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}{{- message.content | tojson }}{%- else %}{{- message.content }}{%- endif %}
        {{- "<e>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<h>assistant</h>\\n\\n' }}{%- endif %}""",
     ({}, {"tools": TOOLS}, {"date_string": "1 Jan 2030"}, {"builtin_tools": ["f", "code_interpreter"]})),
    ("""{%- macro kind(spec, depth=0) -%}
{%- if spec.type == "object" -%}{
{%- for name, value in spec.properties.items() -%}{{ name }}{{ "?" if name not in (spec.required or []) }}: {{ kind(value, depth + 1) }}{{ ", " if not loop.last }}{%- endfor -%}
}{%- elif spec.enum -%}{{ spec.enum | map("tojson") | join(" | ") }}{%- else -%}{{ spec.type | default("any") }}{%- endif -%}
{%- endmacro -%}
{%- for tool in tools or [] %}{{ tool.function.name }}({{ kind(tool.function.parameters) }})
{% endfor %}
{%- for m in messages if m.content %}
<{{ m.role | upper }}>{{ m.content | replace("<", "&lt;") }}</{{ m.role[0] }}>
{% else %}none{% endfor %}""", ({}, {"tools": TOOLS})),
]


def main():
    lines, last = [{"messages": CHAT}], {}

    def case(template, messages=CHAT, variables=None, prompt=True):
        given = {"bos_token": "<bos>", "eos_token": "<eos>", **(variables or {})}
        tools = given.pop("tools", None)
        try:
            text = render_jinja_template([messages], tools=tools, chat_template=template,
                                         add_generation_prompt=prompt, **given)[0][0]
        except Exception:
            text = None
        same = template == last.get("template")
        last["template"] = template
        line = {"text": text} if same else {"template": template, "text": text}
        if messages is not CHAT:
            line["messages"] = messages
        if variables:
            line["variables"] = variables
        if not prompt:
            line["prompt"] = False
        lines.append(line)

    for template in filter(None, LINES + BLOCKS):
        case(template)
    for template, sets in FAMILIES:
        for messages in (CHAT, CALLS, THINKS):
            for variables in sets:
                for prompt in (True, False):
                    case(template, messages, variables, prompt)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "templates.jsonl"), "w") as f:
        for line in lines:
            f.write(json.dumps(line, separators=(",", ":")) + "\n")
    print(len(lines) - 1, "cases,", sum(x.get("text") is None for x in lines[1:]), "of them errors")


main()
