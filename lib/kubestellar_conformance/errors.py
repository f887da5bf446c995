"""The exceptions that keep the verdicts apart.

What the product does wrong is a `Deviation` (an AssertionError); what the user asked for and cannot
be is a `UserError`; anything else that stops a run is `Broken`: the harness or the machine failed,
not the product.
"""

from __future__ import annotations


class HarnessError(Exception):
    """Base of everything that is not the product's fault."""


class UserError(HarnessError):
    """Bad input or a machine that lacks something: one line that says what is wrong and what
    to do.
    """


class Broken(HarnessError):
    """The harness or the machine failed, so nothing can be said of the product (verdict
    ``broken``).
    """


class NotSupported(HarnessError):
    """This platform lacks a capability that a check declares (verdict ``not supported``)."""


class Deviation(AssertionError):
    """The product did not do what it promises (verdict ``deviates``)."""


class LeftBehind(Deviation):
    """The product did not withdraw what a test had made, after the test: its own question was
    answered by then.
    """
