"""The embedded platform: the real binaries as plain processes of the user, all on loopback."""
