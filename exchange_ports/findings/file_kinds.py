"""The kinds of finding that reading a stack file can raise.

Knows: what can be wrong with the file itself, before anybody asks what it declares.
Must not know: networks, servers, or any other thing that can be declared.
"""

from typing import Final

from exchange_ports.findings.finding import Kind

# The bytes: the file cannot be read at all, so one of these stands alone.

FILE_TOO_BIG: Final = Kind(
    "file-too-big",
    "Cannot read the file. It has {size} bytes, and {limit} is the limit",
    why="a stack file of that size is no declared topology, and reading it would take too long",
    fix="take out what is not configuration, or declare address ranges instead of single addresses",
)
NOT_UTF8: Final = Kind(
    "not-utf8",
    "Cannot read the file. Byte {byte} of the line is no UTF-8 text",
    why="Pulumi reads stack files as UTF-8, and any other encoding would change names silently",
    fix="save the file as UTF-8; by the look of it, it is UTF-16, Latin-1 or no text at all",
)
INVISIBLE_CHARACTER: Final = Kind(
    "invisible-character",
    "Cannot read the file. The line has the character {character}, which is not seen",
    why="a reviewer would read another line than the tools do",
    fix='delete it; inside text that needs it, write "{escape}" in double quotes',
)
EMPTY_FILE: Final = Kind(
    "empty-file",
    "Cannot find a topology. The file is empty",
    why="nothing declared would mean no firewall at all, which nobody can have meant",
    fix="write `config:`, and under it `{namespace}:topology:` with what you declare",
)
NOT_YAML: Final = Kind(
    "not-yaml",
    "Cannot read the line as YAML: {problem}",
    why="nothing after it can be understood, so nothing of the file is used",
    fix="{remedy}",
)
SEVERAL_DOCUMENTS: Final = Kind(
    "several-documents",
    "Cannot choose a document. A second one begins here, after `---`",
    why="a stack file is one document; Pulumi reads the first and passes over the rest silently",
    fix="delete the line `---` and what does not belong to this stack",
)
NESTED_TOO_DEEP: Final = Kind(
    "nested-too-deep",
    "Cannot read a value nested deeper than {limit} levels",
    why="no declaration needs a third of that, and readers fail on endless nesting",
    fix="take the levels out; most often a bracket is not closed",
)
TOO_MANY_VALUES: Final = Kind(
    "too-many-values",
    "Cannot read more than {limit} values, aliases counted as often as they are used",
    why="every value is checked, and a file of that size would take too long",
    fix="declare address ranges instead of single addresses, or use fewer aliases",
)
TOO_MANY_ALIASES: Final = Kind(
    "too-many-aliases",
    "Cannot follow the aliases. {written} values are written, and aliases make {values} of them",
    why="Pulumi refuses a file that consists of aliases almost alone",
    fix="write the values where they belong",
)
UNKNOWN_ALIAS: Final = Kind(
    "unknown-alias",
    "Cannot follow the alias. No value with `&` and its name stands before it",
    why="an alias repeats a value that was marked with `&` earlier in the file",
    fix="mark the value, or put quotes around text that begins with *",
)
DUPLICATE_ANCHOR: Final = Kind(
    "duplicate-anchor",
    "Cannot mark a second value with the same name after `&`",
    why="some YAML readers refuse it, and to the others an alias repeats the value marked last",
    fix="give each marked value a name of its own",
)
RECURSIVE_ALIAS: Final = Kind(
    "recursive-alias",
    "Cannot follow the alias. It stands inside the value that it repeats",
    why="the value would have no end",
    fix="write out what is meant",
)

# The shape of a stack file.

NOT_A_STACK_FILE: Final = Kind(
    "not-a-stack-file",
    "Cannot find `config` in the file. At its top level stands {shape}, not a mapping",
    why="a Pulumi stack file is a mapping with the key `config`",
    fix="write `config:`, and under it `{namespace}:topology:` with what you declare",
)
UNKNOWN_STACK_KEY: Final = Kind(
    "unknown-stack-key",
    "Cannot use the key `{key}`{meant}. Beside `config` a stack file has {allowed}",
    why="Pulumi passes over any other key silently, so what stands under it has no effect",
    fix="{remedy}",
)
SETTING_OUTSIDE_CONFIG: Final = Kind(
    "setting-outside-config",
    "Cannot use `{key}` at the top level of the file. It belongs under `config`",
    why="Pulumi passes over it silently where it stands",
    fix="write `config:` above it and indent it",
)
NO_CONFIG: Final = Kind(
    "no-config",
    "Cannot find a topology. The file has no `config`",
    why="what a stack declares stands under `config`",
    fix="write `config:`, and under it `{namespace}:topology:` with what you declare",
)
CONFIG_NOT_A_MAPPING: Final = Kind(
    "config-not-a-mapping",
    "Cannot read `config`. It is {shape}, not a mapping",
    why="each setting stands under `config` by its name",
    fix="write `{namespace}:topology:` under `config:`, with what you declare",
)
MISSING_TOPOLOGY: Final = Kind(
    "missing-topology",
    "Cannot find a topology. `config` has no `{namespace}:topology`",
    why="nothing declared would mean no firewall at all, which nobody can have meant",
    fix="write `{namespace}:topology:` under `config:`, with what you declare",
)
MISSPELLED_SETTING: Final = Kind(
    "misspelled-setting",
    "Cannot use `{key}`. It is not `{meant}`, but close enough to be meant",
    why="a setting under any other name goes to another program, and this one would miss it",
    fix="write `{meant}`; if it is a setting of your own program, give it that project's name",
)
UNKNOWN_SETTING: Final = Kind(
    "unknown-setting",
    "Cannot use `{key}`{meant}. The settings are {allowed}",
    why="a setting that nothing reads would be passed over silently",
    fix="{remedy}",
)
CONFIG_KEY_FORM: Final = Kind(
    "config-key-form",
    "Cannot use the key `{key}`. It has more than one colon",
    why="a key of `config` is a project and a name with a colon between, and Pulumi refuses others",
    fix="write project:name, or put a space after the colon that ends the key",
)
SETTING_NOT_A_MAPPING: Final = Kind(
    "setting-not-a-mapping",
    "Cannot read `{key}`. It is {shape}, not a mapping",
    why="what is declared stands under it by name",
    fix="write the names under it, indented, each with a colon",
)

# Values that mean different things to different readers, or more than plain data.

DUPLICATE_KEY: Final = Kind(
    "duplicate-key",
    "Cannot choose a value for `{key}`. It stands in line {first} and again in line {second}",
    why="Pulumi refuses a key given twice, and other readers silently keep the last",
    fix="keep one of the two lines",
)
KEY_NOT_TEXT: Final = Kind(
    "key-not-text",
    "Cannot use the key {key}. It is {shape}, and a name must be text for every reader",
    why="YAML readers differ in what name they make of it",
    fix="{remedy}",
)
MERGE_KEY: Final = Kind(
    "merge-key",
    "Cannot use the key `<<`. It merges another mapping into this one, even in quotes",
    why="YAML readers differ in whether it does, and a reviewer cannot see what is merged",
    fix="write the keys out, or repeat a whole value with an alias",
)
TAGGED_VALUE: Final = Kind(
    "tagged-value",
    "Cannot use the tag `{tag}`",
    why="what a tag does depends on the reader, and a stack file is plain data",
    fix="delete the tag; write text with quotes",
)
SECRET_IN_SETTING: Final = Kind(
    "secret-in-setting",
    "Cannot use a secret here. What is declared is shown in plans, reports and rule descriptions",
    why="Pulumi would hand it over decrypted, and it would be read by everybody who sees those",
    fix="write the value in clear, or take the field out if it must stay secret",
)
UNQUOTED_BOOLEAN: Final = Kind(
    "unquoted-boolean",
    "Cannot tell what {text} means",
    why="Pulumi takes it for text, other YAML readers for true or false",
    fix='write "{text}" with quotes if it is text, otherwise true or false',
)
UNQUOTED_NUMBER: Final = Kind(
    "unquoted-number",
    "Cannot tell what {text} means",
    why="Pulumi makes {pulumi} of it, other YAML readers something else",
    fix='write "{text}" with quotes if it is text, otherwise the number in plain decimal digits',
)
UNQUOTED_TIME: Final = Kind(
    "unquoted-time",
    "Cannot tell what {text} means",
    why="some YAML readers make a date or a number of it, others keep the text",
    fix='write "{text}" with quotes',
)
UNQUOTED_SYMBOL: Final = Kind(
    "unquoted-symbol",
    "Cannot tell what {text} means",
    why="some YAML readers take it for an instruction, others for text",
    fix='write "{text}" with quotes',
)
NUMBER_TOO_BIG: Final = Kind(
    "number-too-big",
    "Cannot read the number {text}. Its size is over 2^53",
    why="on its way through Pulumi it would lose digits",
    fix='write "{text}" with quotes if it is text; no number declared here is as big',
)

LEADING_WHITESPACE: Final = Kind(
    "leading-whitespace",
    "Cannot keep the text as it is. It begins with a blank or a line break and has several lines",
    why="Pulumi loses line breaks at the beginning of a text, or fails on it",
    fix="begin the text with its first word",
)
COMMENT_IN_TEXT: Final = Kind(
    "comment-in-text",
    "Cannot tell where the text ends. `#` and a word follow it in the same line, and YAML takes them for a "
    "comment",
    why="every reader ends the text before the `#`, so a ticket number behind it would be lost silently",
    fix="put quotes around the whole text; where a comment is meant, write a blank after the `#`",
)
NOT_REVIEWED: Final = Kind(
    "not-reviewed",
    "Not reviewed: {what}",
    why="{why}; so what Pulumi would register is not known here",
    fix="write it so that there is one way to read it, as docs/diff.md says, or review by hand what "
    "`pulumi preview` shows",
)

KINDS: Final = tuple(each for each in tuple(globals().values()) if isinstance(each, Kind))
