//! The REST API, health and metrics.
