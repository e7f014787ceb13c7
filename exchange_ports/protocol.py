"""How special values travel between a Pulumi program, its engine and its plugins.

Source: pulumi/pulumi, sdk/go/common/resource/properties.go. The marks are part of the protocol, so they are
written here rather than taken from the SDK's private names; a test compares both.
"""

from typing import Final

#: The key of a mapping that is a special value. Its own value tells which.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
#: In place of a value that only a cloud could tell.
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
