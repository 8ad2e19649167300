//! What the assistant is told and may do: settings, prompt, tools. Pure.
//!
//! The JSON that organizations write is read here and nowhere else; what leaves this module is typed.

mod check;
pub mod dates;
mod demo;
pub mod hours;
mod people;
pub mod prompt;
pub mod settings;
pub mod today;
pub mod tools;

pub use demo::demo_org;
pub use people::people;
