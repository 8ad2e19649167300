//! Settings: defaults, file, .env, environment, flags; one struct per concern.
