"""What the settings make of the engine."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from emochat.engine import engine_config


@pytest.mark.parametrize(
    ("value", "low", "high"), [("1", 1, 1), ("3", 3, 3), ("2-8", 2, 8)]
)
def test_replicas_are_a_number_or_a_range(settings, value, low, high):
    settings.EMOCHAT_RAY_REPLICAS = value
    ray = engine_config().ray
    assert (ray.min_replicas, ray.max_replicas) == (low, high)


@pytest.mark.parametrize("value", ["", "0", "many", "8-2", "-3"])
def test_other_numbers_of_replicas_are_refused(settings, value):
    settings.EMOCHAT_RAY_REPLICAS = value
    with pytest.raises(ImproperlyConfigured, match="EMOCHAT_RAY_REPLICAS"):
        engine_config()


def test_a_config_survives_the_way_to_another_process(settings):
    settings.EMOCHAT_RAY_ADDRESS = "10.0.0.1:6379"
    settings.EMOCHAT_RAY_GPUS = 0.5
    config = engine_config()
    assert type(config).from_json(config.to_json()) == config
