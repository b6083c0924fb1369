"""Settings every test shares: how many examples hypothesis tries, and that it repeats itself.

`ci` is the default: derandomised, so that a red run is red again for everybody. `long` looks
further and remembers what it found: `pytest --hypothesis-profile=long`.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=60,
    derandomize=True,
    database=None,
    # How long an example takes says more about a busy machine than about the code.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", max_examples=2_000, deadline=None)
settings.load_profile("ci")
