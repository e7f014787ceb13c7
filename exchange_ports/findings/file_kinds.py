"""Findings about reading a stack file: its bytes, its YAML and its settings.

Must not know: networks, servers, or any other thing that can be declared.
"""

from typing import Final

from exchange_ports.findings.finding import Kind

# The bytes: the file cannot be read at all.

FILE_TOO_BIG: Final = Kind(
    "file-too-big",
    summary="The file has {size} bytes; the limit is {limit}.",
    why="",
    fix="Remove settings that are not configuration, or declare address ranges instead of single addresses.",
)
NOT_UTF8: Final = Kind(
    "not-utf8",
    summary="The file is not UTF-8 text: byte {byte} of the line is invalid.",
    why="Pulumi reads stack files as UTF-8.",
    fix="Save the file as UTF-8. The present encoding may be UTF-16 or Latin-1.",
)
INVISIBLE_CHARACTER: Final = Kind(
    "invisible-character",
    summary="The line contains the invisible character {character}.",
    why="A reviewer would see different text from what is read.",
    fix='Delete the character. If the text needs it, write "{escape}" in double quotes.',
)
EMPTY_FILE: Final = Kind(
    "empty-file",
    summary="The file is empty.",
    why="",
    fix="Write `config:`, and below it `{namespace}:topology:` with the topology.",
)
NOT_YAML: Final = Kind(
    "not-yaml",
    summary="Invalid YAML: {problem}.",
    why="",
    fix="{remedy}",
)
SEVERAL_DOCUMENTS: Final = Kind(
    "several-documents",
    summary="A second YAML document starts here, after `---`.",
    why="Pulumi reads the first document and ignores the others.",
    fix="Delete the line `---` and the text that does not belong to this stack.",
)
NESTED_TOO_DEEP: Final = Kind(
    "nested-too-deep",
    summary="A value is nested deeper than {limit} levels.",
    why="",
    fix="Check whether all brackets are closed. A topology needs 10 levels.",
)
TOO_MANY_VALUES: Final = Kind(
    "too-many-values",
    summary="The file has more than {limit} values, counting each use of an alias.",
    why="",
    fix="Declare address ranges instead of single addresses, or use fewer aliases.",
)
TOO_MANY_ALIASES: Final = Kind(
    "too-many-aliases",
    summary="Aliases expand {written} values to {values}.",
    why="Pulumi rejects a file that consists mostly of aliases.",
    fix="Write the values without aliases.",
)
UNKNOWN_ALIAS: Final = Kind(
    "unknown-alias",
    summary="The alias refers to an unknown anchor.",
    why="An alias `*NAME` repeats the value that is marked `&NAME` earlier in the file.",
    fix="Mark the value with `&`, or put quotes around text that begins with `*`.",
)
DUPLICATE_ANCHOR: Final = Kind(
    "duplicate-anchor",
    summary="The anchor name after `&` is used twice.",
    why="Some YAML readers reject this; others use the last value.",
    fix="Give each anchor its own name.",
)
RECURSIVE_ALIAS: Final = Kind(
    "recursive-alias",
    summary="The alias is inside the value that it repeats.",
    why="The value would be infinite.",
    fix="Write the value without the alias.",
)

# The shape of a stack file.

NOT_A_STACK_FILE: Final = Kind(
    "not-a-stack-file",
    summary="The file has no `config`: its top level is {shape}, not a mapping.",
    why="A Pulumi stack file is a mapping with the key `config`.",
    fix="Write `config:`, and below it `{namespace}:topology:` with the topology.",
)
UNKNOWN_STACK_KEY: Final = Kind(
    "unknown-stack-key",
    summary="Unknown key `{key}`.",
    why="Pulumi ignores unknown top-level keys, so the settings below them have no effect. Known keys are {allowed}.",
    fix="{remedy}",
)
SETTING_OUTSIDE_CONFIG: Final = Kind(
    "setting-outside-config",
    summary="`{key}` is at the top level of the file.",
    why="Pulumi ignores settings outside of `config`.",
    fix="Write `config:` above the line, and indent the setting.",
)
NO_CONFIG: Final = Kind(
    "no-config",
    summary="The file has no `config`.",
    why="",
    fix="Write `config:`, and below it `{namespace}:topology:` with the topology.",
)
CONFIG_NOT_A_MAPPING: Final = Kind(
    "config-not-a-mapping",
    summary="`config` is {shape}, not a mapping.",
    why="",
    fix="Write `{namespace}:topology:` below `config:`, with the topology.",
)
MISSING_TOPOLOGY: Final = Kind(
    "missing-topology",
    summary="`config` has no `{namespace}:topology`.",
    why="",
    fix="Write `{namespace}:topology:` below `config:`, with the topology.",
)
MISSPELLED_SETTING: Final = Kind(
    "misspelled-setting",
    summary="Unknown setting `{key}`. Did you mean `{meant}`?",
    why="Pulumi passes settings with another prefix to other programs.",
    fix="Write `{meant}`. For a setting of your own program, use the name of that project as prefix.",
)
UNKNOWN_SETTING: Final = Kind(
    "unknown-setting",
    summary="Unknown setting `{key}`.",
    why="",
    fix="{remedy}",
)
CONFIG_KEY_FORM: Final = Kind(
    "config-key-form",
    summary="Invalid setting `{key}`: it has more than one colon.",
    why="Pulumi accepts a project and a name with one colon between them.",
    fix="Write `project:name`. If the second colon ends the key, add a space after it.",
)
SETTING_NOT_A_MAPPING: Final = Kind(
    "setting-not-a-mapping",
    summary="`{key}` is {shape}, not a mapping.",
    why="",
    fix="Write the keys below it, indented, each with a colon.",
)

# Values that YAML readers interpret differently, or that are more than plain data.

DUPLICATE_KEY: Final = Kind(
    "duplicate-key",
    summary="The key `{key}` is in line {first} and again in line {second}.",
    why="Pulumi rejects this; other YAML readers use the last value.",
    fix="Remove one of the two lines.",
)
KEY_NOT_TEXT: Final = Kind(
    "key-not-text",
    summary="The key {key} is {shape}; it must be text.",
    why="YAML readers convert it to different names.",
    fix="{remedy}",
)
MERGE_KEY: Final = Kind(
    "merge-key",
    summary="The key `<<` merges another mapping into this one, even in quotes.",
    why="YAML readers interpret it differently, and a reviewer cannot see the merged keys.",
    fix="Write the keys in full, or repeat a whole value with an alias.",
)
TAGGED_VALUE: Final = Kind(
    "tagged-value",
    summary="The value has the tag `{tag}`.",
    why="YAML readers interpret tags differently.",
    fix="Remove the tag. Put quotes around text.",
)
SECRET_IN_SETTING: Final = Kind(
    "secret-in-setting",
    summary="The value is encrypted (`secure:`).",
    why="Plans, reports and rule descriptions show the settings, so a secret would become public.",
    fix="Write the value in plain text, or remove the field.",
)
UNQUOTED_BOOLEAN: Final = Kind(
    "unquoted-boolean",
    summary="The value {text} is ambiguous without quotes.",
    why="Pulumi reads it as text; other YAML readers read it as true or false.",
    fix="{remedy}",
)
UNQUOTED_NUMBER: Final = Kind(
    "unquoted-number",
    summary="The value {text} is ambiguous without quotes.",
    why="Pulumi reads it as {pulumi}; other YAML readers do not.",
    fix='Write "{text}" with quotes for text; otherwise write a decimal number.',
)
UNQUOTED_TIME: Final = Kind(
    "unquoted-time",
    summary="The value {text} is ambiguous without quotes.",
    why="Some YAML readers convert it to a date or a number.",
    fix='Write "{text}" with quotes.',
)
UNQUOTED_SYMBOL: Final = Kind(
    "unquoted-symbol",
    summary="The value {text} is ambiguous without quotes.",
    why="Some YAML readers interpret it as an instruction.",
    fix='Write "{text}" with quotes.',
)
NUMBER_TOO_BIG: Final = Kind(
    "number-too-big",
    summary="The number {text} exceeds 2^53.",
    why="Pulumi would lose digits.",
    fix='Write "{text}" with quotes if it is text.',
)

LEADING_WHITESPACE: Final = Kind(
    "leading-whitespace",
    summary="The text begins with a space or a line break and has several lines.",
    why="Pulumi loses line breaks at the beginning of a text, or fails.",
    fix="Begin the text with its first word.",
)
COMMENT_IN_TEXT: Final = Kind(
    "comment-in-text",
    summary="The text ends before `#`: YAML reads the rest of the line as a comment.",
    why="A ticket number after `#` would be lost.",
    fix='Put quotes around the whole text: `"Ticket #4711"`. For a comment, write it on a line of its own.',
)
NOT_REVIEWED: Final = Kind(
    "not-reviewed",
    summary="Not reviewed: {what}.",
    why="{why}. It is not known which resources Pulumi would register.",
    fix="Write it in the form that docs/diff.md shows, or review the output of `pulumi preview`.",
)

KINDS: Final = tuple(each for each in tuple(globals().values()) if isinstance(each, Kind))
