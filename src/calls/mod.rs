//! The shell: one task per call performs what the core decides.
