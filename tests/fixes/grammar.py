"""Programs made from a grammar: layers whose weights are frozen, cached, cut or fine, written in many ways."""

from __future__ import annotations

from hypothesis import strategies as st

HEAD = """\
import asyncio
import functools

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

{aliases}


def positive(value):
    return tf.nn.softplus(value) + {number}


def described(text: str, value: tf.Tensor) -> tf.Tensor:
    '''What `text` says

      of a value.
    '''
    return value


def counted(function):
    # a decorator
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


{constants}

"""
CLASS = """\
class Density({base}):
"""
TAIL = """

def make_model():
    return {name}()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
"""
ALIASES = ("tfd, tfb = tfp.distributions, tfp.bijectors", "tfd = tfp.distributions\ntfb = tfp.bijectors")
NAMES = ("loc", "scale", "rate", "raw")
ATTRIBUTES = ("dist", "value", "_kept", "prior")
COMMENTS = ("# one", "# ü: two", "# gradlint", "# fmt: off")


def weight(name: str) -> st.SearchStrategy[str]:
    """A line that makes a weight of three numbers."""
    return st.sampled_from(
        [
            f'self.{name} = self.add_weight(name="{name}", shape=[3], initializer="ones")',
            f'self.{name} = self.add_weight(\n    name="{name}", shape=(3,),  # columns\n    initializer="ones"\n)',
            f'{name} = self.add_weight(name="{name}", shape=[3], initializer="ones"); self.{name} = {name}',
            f'self.{name} = tf.Variable(tf.ones([3]), name="{name}")',
        ]
    )


def expression(source: str) -> st.SearchStrategy[str]:
    """A positive tensor of three numbers, or of none, computed from a weight."""
    return st.sampled_from(
        [
            f"tf.exp({source})",
            f"{source}[0]",
            f"positive({source})",
            f"self.transform({source})",
            f"tf.nn.softplus({source}) + OFFSET",
            f"1e-3 + tf.square({source})",
            f"tf.reduce_mean({source})",
            f"tf.convert_to_tensor({source})",
            f"np.exp({source})",
            f"{source}.numpy()",
            f"(\n    tf.exp({source})  # inside\n    * 2.0\n)",
            f"tf.stack([{source}[0], {source}[1], {source}[2]])",
            f"tf.where({source} > 0.0, {source}, 1.0)",
            f"(lambda t: tf.exp(t))({source})",
            f"sum([tf.exp({source}) for _ in range(2)])",
            f"tf.exp({source}) + tf.random.normal([3])",
            f"self.factor * tf.exp({source})",
            f"tf.exp({source}) if self.factor else 0.0",
            f"(tf.cast({source}, 'float32')  # ends here\n)",
            f"tf.nest.map_structure(tf.exp, {source})",
            f"[tf.exp({source})][0]",
            f"positive(value={source})",
            f"tf.add(  # a sum\n    tf.exp({source}),  # of this\n    # and\n    1.0,\n)",
            f'described("""one\n  two # no comment\n""", tf.exp({source}))',
            f"described('a' \"b\" f'{{OFFSET}}', tf.exp({source}))",
            f"((made := tf.exp({source})) + made)",
            f"tf.add(*[tf.exp({source}), 1.0])",
            f"{{key: tf.exp({source}) for key in 'a'}}['a']",
            f"(lambda t, *, by=2.0: t * by)(tf.exp({source}))",
            f"tf.exp(\\\n    {source})",
        ]
    )


KEPT = {
    "tensor": ("{value}", "x * {kept}"),
    "normal": ("tfd.Normal(0.0, {value})", "{kept}.log_prob(x)"),
    "by keyword": ("tfd.Normal(\n    loc=0.0,\n    scale={value},\n)", "{kept}.log_prob(x)"),
    "independent": ("tfd.Independent(tfd.Normal({value} * tf.ones([3]), 1.0), 1)", "{kept}.log_prob(x)"),
    "bijector": ("tfb.Shift({value})", "{kept}.forward(x)"),
    "partial": ("functools.partial(tf.multiply, {value})", "{kept}(x)"),
    "list": ("[{value}, 1.0]", "x * {kept}[0]"),
    "dictionary": ('{{"a": {value}}}', 'x * {kept}["a"]'),
    "closure": ("lambda x: x * {value}", "{kept}(x)"),
}
"""What keeps a value, and what `call` does with it."""


BUILDS = (
    "def build(self, input_shape):",
    "def build(self, input_shape: tuple[int, ...]) -> None:",
    "@counted\ndef build(self, input_shape):",
    "# built once\n@counted\n# by Keras\ndef build(self, input_shape):  # here",
)
CALLS = (
    "def call(self, x):",
    "def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:",
    "@tf.function\ndef call(self, x):",
)
AROUND = (
    ("", "Density"),
    ("@tf.keras.utils.register_keras_serializable()\n", "Density"),
    ("class Outer:\n    # the inner one\n    {}\n", "Outer.Density"),
    ("def make():\n    {}\n\n    return Density\n", "make()"),
)
"""What stands around the class, and what it is called then."""


FORMS = ["plain", "plain", "local", "branch", "with", "annotated", "chain", "loop", "try"]
FORMS += ["counted", "setattr", "pair", "semicolons", "match", "walrus", "function", "decorated", "holder", "coroutine"]


@st.composite
def statement(draw: st.DrawFn, attribute: str, source: str) -> tuple[str, str]:
    """Lines that keep something computed from a weight, and the expression that uses it."""
    kept, used = KEPT[draw(st.sampled_from(sorted(KEPT)))]
    value = draw(expression(source))
    usage = used.format(kept=f"self.{attribute}")
    form = draw(st.sampled_from(FORMS))
    made = kept.format(value=value)
    if form == "local":
        return f"local_{attribute} = {value}\nself.{attribute} = {kept.format(value='local_' + attribute)}", usage
    if form == "branch":
        assigned = f"    self.{attribute} = {_indented(made)}"
        return f"if self.factor > 1.0:\n{assigned}\nelse:\n{assigned}", usage
    if form == "with":
        return f'with tf.name_scope("scope"):\n    self.{attribute} = {_indented(made)}', usage
    if form == "annotated":
        return f"self.{attribute}: object = {made}", usage
    if form == "chain":
        inner = f"self.{attribute}_inner"
        return f"{inner} = {value}\nself.{attribute} = {kept.format(value=inner)}", usage
    if form == "loop":
        appended = f"    self.{attribute}.append({_indented(kept.format(value='item'))})"
        lines = f"self.{attribute} = []\nfor item in [{_indented(value)}]:\n{appended}"
        return lines, used.format(kept=f"self.{attribute}[0]")
    if form == "counted":
        appended = f"    self.{attribute}.append({_indented(kept.format(value='factor * ' + source))})"
        lines = f"self.{attribute} = []\nfor factor in range(int(input_shape[-1])):\n{appended}"
        return lines, used.format(kept=f"self.{attribute}[1]")
    if form == "setattr":
        return f'setattr(self, "{attribute}", {made})', usage
    if form == "pair":
        return f"self.{attribute}, self.{attribute}_too = {made}, 1.0", usage
    if form == "match":
        assigned = f"        self.{attribute} = {_indented(made, 8 * ' ')}"
        return f"match self.factor:\n    case 1.0 | 2.0:\n{assigned}\n    case _:\n{assigned}", usage
    if form == "walrus":
        return f"if (found_{attribute} := {made}) is not None:\n    self.{attribute} = found_{attribute}", usage
    if form in {"function", "decorated", "coroutine"}:
        head = {"function": "def", "decorated": "@counted\ndef", "coroutine": "async def"}[form]
        lines = f"{head} make_{attribute}() -> object:\n    # inside\n    return {_indented(made)}"
        if form == "coroutine":
            return f"{lines}\nself.{attribute} = asyncio.run(make_{attribute}())", usage
        return f"{lines}\nself.{attribute} = make_{attribute}()", usage
    if form == "holder":
        lines = "    def __init__(self, value):\n        self.value = value"
        made = f'class Holder:\n    """Holds."""\n\n{lines}\nself.{attribute} = Holder({_indented(made)})'
        return made, used.format(kept=f"self.{attribute}.value")
    if form == "semicolons":
        return f"before = 1; self.{attribute} = {made}; after = before", usage
    if form == "try":
        return f"try:\n    self.{attribute} = {_indented(made)}\nexcept ValueError:\n    raise", usage
    return f"self.{attribute} = {made}", usage


def _indented(text: str, by: str = "    ") -> str:
    return text.replace("\n", "\n" + by)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The source of a program with `make_model` and `inputs`."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    attributes = ATTRIBUTES[: len(names)]
    phase = {
        name: draw(st.sampled_from(["build", "build", "helper", "cached", "lazy", "property", "call", "overwritten"]))
        for name in names
    }
    build, helper, call, methods, first = [], [], [], [], ["super().__init__()", "self.factor = 2.0"]
    for name in names:
        build += [*_comment(draw), draw(weight(name))]
    for name, attribute in zip(names, attributes, strict=True):
        if phase[name] in {"build", "helper"}:
            lines, usage = draw(statement(attribute, f"self.{name}"))
            (build if phase[name] == "build" else helper).extend([*_comment(draw), lines])
            if draw(st.booleans()) and "[]" not in lines:
                first.append(f"self.{attribute} = None")
            call.append(usage)
            continue
        if phase[name] == "overwritten":
            call.append(f"lazy:self.{name} = {draw(expression(f'self.{name}'))}")
            call.append(f"x * self.{name}")
            continue
        kept, used = KEPT[draw(st.sampled_from(sorted(KEPT)))]
        made = kept.format(value=draw(expression(f"self.{name}")))
        usage = used.format(kept=f"self.{attribute}")
        if phase[name] == "lazy":
            first.append(f"self.{attribute} = None")
            call.append(f"lazy:if self.{attribute} is None:\n    self.{attribute} = {_indented(made)}")
        elif phase[name] == "call":
            call.append(f"lazy:self.{attribute} = {made}")
        else:
            decorator = "@property" if phase[name] == "property" else "@functools.cached_property"
            methods.append(f"{decorator}\ndef {attribute}(self):\n    return {_indented(made)}")
        call.append(usage)
    if helper:
        build.append("self._make(input_shape)")
        methods.append("def _make(self, input_shape):\n" + "    " + _indented("\n".join(helper)))
    methods.append("def transform(self, value):\n    return tf.math.softplus(value)")
    before = [line.removeprefix("lazy:") for line in call if line.startswith("lazy:")]
    total = " + ".join(f"tf.reduce_sum({line})" for line in call if not line.startswith("lazy:"))
    if draw(st.booleans()):
        first.insert(0, f'"""Make it.\n\nOf {attributes[0]}.\n"""')
    if draw(st.integers(0, 3)) == 0:
        methods.append(f"async def fetch(self, x: tf.Tensor) -> object:\n    return self.{attributes[0]}, x")
    body = [
        "def __init__(self) -> None:\n    " + _indented("\n".join(first)),
        draw(st.sampled_from(BUILDS)) + "\n    " + _indented("\n".join(build)),
        *draw(st.permutations(methods)),
        draw(st.sampled_from(CALLS)) + "\n    " + _indented("\n".join([*before, f"return {total}"])),
    ]
    gap = draw(st.sampled_from(["\n\n", "\n\n\n", "\n"]))
    lines = CLASS.format(base=draw(st.sampled_from(["tf.keras.layers.Layer", "tf.keras.Model"])))
    lines += "    " + _indented(gap.join(body)).replace("\n    \n", "\n\n")
    around, name = draw(st.sampled_from(AROUND))
    text = HEAD.format(
        aliases=draw(st.sampled_from(ALIASES)),
        number=draw(st.sampled_from(["1e-3", "0.5"])),
        constants="OFFSET = 0.25\n",
    )
    indented = _indented(lines).replace("\n    \n", "\n\n")
    lines = around.format(indented) if "{}" in around else around + lines
    return text + lines + "\n" + TAIL.replace("{name}", name)


def _comment(draw: st.DrawFn) -> list[str]:
    return [draw(st.sampled_from(COMMENTS))] if draw(st.integers(0, 3)) == 0 else []


SCRIPT = """\
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions
tfb = tfp.bijectors
OFFSET = 0.25


def positive(value):
    return tf.nn.softplus(value) + 1e-3


weight = tf.Variable([0.1, 0.2, 0.3], name="weight")
x = tf.ones([4, 3])
"""
TAPE = "with tf.GradientTape() as tape:\n    "
USED = [
    TAPE + "loss = tf.reduce_sum({usage})",
    "with tf.GradientTape() as tape: loss = tf.reduce_sum({usage})",
    "for step in range(2):\n    with tf.GradientTape() as tape:\n        # it\n        loss = tf.reduce_sum({usage})",
    "def total():\n    return tf.reduce_sum({usage})\n\n\n" + TAPE + "loss = total()",
    "def total(): return tf.reduce_sum({usage})\n\n\n" + TAPE + "loss = total()",
    'def total(x):\n    """Sum."""\n    def inner():\n        return {usage}\n    return tf.reduce_sum(inner())\n\n\n'
    + TAPE
    + "loss = total(x)",
    "loss = tf.reduce_sum({usage})\n" + TAPE + "loss = 2.0 * loss",
]
"""How a script asks for a gradient."""


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """The source of a script that computes something from a variable, before a tape or under it."""
    kept, used = KEPT[draw(st.sampled_from(sorted(set(KEPT) - {"partial"})))]
    value = draw(expression("weight").filter(lambda text: "self" not in text and "np." not in text))
    lines = [f"value = {value}", f"kept = {kept.format(value='value')}"]
    if draw(st.booleans()):
        lines.insert(
            1, draw(st.sampled_from(["# between", "print(value)", "other = value + 1.0", "value = value * 2.0"]))
        )
    if draw(st.booleans()):
        lines = [f"kept = {kept.format(value=value)}"]
    ending = draw(st.sampled_from(["", "\nprint(kept)"]))
    asked = draw(st.sampled_from(USED)).format(usage=used.format(kept="kept"))
    body = "\n".join(lines) + "\n\n\n" + asked + "\ngradient = tape.gradient(loss, weight)" + ending
    if draw(st.booleans()):
        body = "def run():\n    " + _indented(body).replace("\n    \n", "\n\n") + "\n    return gradient\n\n\nrun()"
    return SCRIPT + body + "\n"
