//! What must not be in the core, and who may start tasks.

use super::source::{Hide, Source, words};
use super::{Complaint, enforce};

/// Words that the core's code must not use, and why.
const NOT_IN_THE_CORE: &[(&str, &str)] = &[
    ("async", "the core never waits"),
    ("await", "the core never waits"),
    ("tokio", "the core never waits"),
    ("serde", "edges own the wire"),
    ("Serialize", "edges own the wire"),
    ("Deserialize", "edges own the wire"),
    ("Instant", "time is passed in"),
    ("SystemTime", "time is passed in"),
    ("HashMap", "its order differs from run to run"),
    ("HashSet", "its order differs from run to run"),
];

/// Names that would tie the core to one provider; forbidden as parts of words and in strings too.
const PROVIDERS: &[&str] = &["twilio", "openai", "realtime"];

fn impure(source: &Source) -> Vec<Complaint> {
    if !source.path.starts_with("src/session") {
        return Vec::new();
    }
    let code = source.view(Hide::ALL);
    let mut found = Vec::new();
    for (word, why) in NOT_IN_THE_CORE {
        found.extend(words(&code, word).map(|at| source.complain(at, &format!("`{word}` in the core: {why}"))));
    }
    for (at, path) in code.match_indices("std::sync") {
        if words(&code[at + path.len()..], "Arc").next() != Some(2) {
            found.push(source.complain(at, "of `std::sync` the core uses `Arc` only: it is never shared"));
        }
    }
    let speech = source.view(Hide { comments: true, tests: true, strings: false }).to_ascii_lowercase();
    for name in PROVIDERS {
        found.extend(speech.match_indices(name).map(|(at, _)| source.complain(at, "the core knows no provider")));
    }
    found
}

/// Where tasks may be started.
const TASK_OWNERS: &[&str] = &["src/app.rs", "src/app/", "src/calls/", "src/sim/server"];

/// How a task is started. Trackers and sets are only held to start tasks with.
const STARTS: &[&str] = &["tokio::spawn", "task::spawn", "TaskTracker", "JoinSet", "thread::spawn"];

fn task_starters(source: &Source) -> Vec<Complaint> {
    if TASK_OWNERS.iter().any(|owner| source.path.starts_with(owner)) {
        return Vec::new();
    }
    let code = source.view(Hide::ALL);
    let starts = STARTS.iter().flat_map(|start| words(&code, start));
    starts.map(|at| source.complain(at, "only app, calls/ and sim/server own tasks")).collect()
}

#[test]
fn the_core_is_pure() {
    enforce(Source::program(), impure);
}

#[test]
fn tasks_have_few_owners() {
    enforce(Source::program(), task_starters);
}

#[cfg(test)]
mod tests {
    use super::{Source, impure, task_starters};

    fn found(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) -> usize {
        rule(&Source::new(path, text)).len()
    }

    #[test]
    fn impurity_is_found() {
        for text in [
            "async fn f() {}",
            "fn f() { g().await }",
            "use tokio::time;",
            "use std::sync::Mutex;",
            "use std::sync::{Arc, Mutex};",
            "use std::sync::atomic::AtomicU64;",
            "#[derive(serde::Serialize)] struct S;",
            "fn f(at: Instant) {}",
            "use std::time::SystemTime;",
            "use std::collections::HashMap;",
            "struct TwilioFrame;",
            "const URL: &str = \"api.openai.com\";",
            "fn realtime() {}",
        ] {
            assert!(found(impure, "src/session/turn.rs", text) > 0, "{text}");
            assert_eq!(found(impure, "src/calls/actor.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn pure_code_is_fine() {
        for text in [
            "use std::sync::Arc;",
            "use std::time::Duration;",
            "use std::collections::BTreeMap;",
            "// Twilio returns marks async.\nfn f() {}",
            "#[cfg(test)]\nmod tests { use std::collections::HashMap; }",
        ] {
            assert_eq!(found(impure, "src/session/turn.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn a_task_without_an_owner_is_found() {
        for text in [
            "fn f() { tokio::spawn(g()); }",
            "fn f() { tokio::task::spawn(g()); }",
            "use tokio::task::JoinSet;",
            "use tokio_util::task::TaskTracker;",
            "fn f() { std::thread::spawn(g); }",
        ] {
            assert!(found(task_starters, "src/realtime/socket.rs", text) > 0, "{text}");
            for owner in ["src/app.rs", "src/calls/actor.rs", "src/sim/server/model.rs", "src/sim/server.rs"] {
                assert_eq!(found(task_starters, owner, text), 0, "{owner}: {text}");
            }
        }
        assert_eq!(found(task_starters, "src/realtime/socket.rs", "// tokio::spawn\nfn respawn() {}"), 0);
    }
}
