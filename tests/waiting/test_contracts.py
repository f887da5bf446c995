"""Time contracts by name, the factor, and the table of their uses."""

from __future__ import annotations

from typing import get_args

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.verbs import ContractName
from kubestellar_conformance.waiting import Contracts, Use


def test_the_factor_multiplies_every_contract() -> None:
    terms = Contracts()
    plain = {contract.name: terms.seconds(contract.name) for contract in terms}
    terms.set_factor(2.5)
    assert {name: terms.seconds(name) for name in plain} == {
        name: 2.5 * value for name, value in plain.items()
    }
    assert {"downsync", "available", "status_return", "withdrawal", "quiet"} <= plain.keys()


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_a_factor_has_to_be_positive(factor: float) -> None:
    with pytest.raises(UserError, match="positive"):
        Contracts().set_factor(factor)


def test_an_unknown_contract_lists_those_there_are() -> None:
    with pytest.raises(
        UserError, match="unknown time contract 'soon': use one of binding, downsync"
    ):
        Contracts().seconds("soon")


def test_uses_are_kept_in_order() -> None:
    terms = Contracts()
    uses = [Use("downsync", "a", 20, 1.5, "held"), Use("quiet", "b", 3, 3, "failed")]
    for use in uses:
        terms.used(use)
    assert terms.uses() == uses


def test_a_changed_contract_keeps_its_meaning() -> None:
    terms = Contracts()
    terms.change("downsync", 90)
    assert terms.seconds("downsync") == 90
    assert terms["downsync"].meaning == Contracts()["downsync"].meaning


def test_the_names_that_a_wait_takes_are_those_of_the_contracts() -> None:
    assert get_args(ContractName) == tuple(contract.name for contract in Contracts())


def test_limits_of_a_test_do_not_count_for_what_goes_on_beside_it() -> None:
    terms = Contracts()
    terms.set_factor(2)
    terms.hurry({"withdrawal": 1})
    assert terms.seconds("withdrawal") == 2
    assert terms.in_full("withdrawal") == 2 * terms["withdrawal"].seconds
