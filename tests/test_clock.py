"""The clock, and the machine in its name."""

import platform

from chaos.clock import clock_name, machine_of


def test_the_machine_in_a_clocks_name_is_this_one() -> None:
    assert machine_of(clock_name()) == platform.node()
