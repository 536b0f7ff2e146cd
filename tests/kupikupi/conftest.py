"""The provider's side is tested on busy machines too: what counts is what is read, not how fast examples are made."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")
