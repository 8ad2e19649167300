//! What the assistant is told and may do: settings, prompt, tools. Pure.
