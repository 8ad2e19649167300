//! Who may name whom: a module names lower layers only.
//!
//! The layers are read from the map in `src/lib.rs`, so there is one place to change them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::source::{Hide, Source, words};
use super::{Complaint, enforce};

/// Layer of each module, from the fenced block of `src/lib.rs`: a number, then the names of that layer.
struct Layers(BTreeMap<String, u32>);

impl Layers {
    fn parse(lib: &str) -> Self {
        let mut lines = lib.lines().skip_while(|line| line.trim() != "//! ```text");
        lines.next();
        let mut layer = 0;
        let mut layers = BTreeMap::new();
        for word in lines.take_while(|line| line.trim() != "//! ```").flat_map(|line| line[3..].split_whitespace()) {
            match word.parse() {
                Ok(number) => layer = number,
                Err(_) => {
                    layers.insert(word.to_owned(), layer);
                }
            }
        }
        Self(layers)
    }

    fn of_the_tree() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::parse(&fs::read_to_string(root.join("src/lib.rs")).expect("the map is there"))
    }

    /// Whether code of module `from` may name module `to`; if not, why.
    fn judge(&self, from: &str, to: &str) -> Result<(), String> {
        if from == to {
            return Ok(());
        }
        let layer = |module: &str| {
            self.0.get(module).copied().ok_or_else(|| format!("`{module}` has no layer in the map of src/lib.rs"))
        };
        let (above, below) = (layer(from)?, layer(to)?);
        if TOP.contains(&from) {
            return Ok(());
        }
        if below >= above && !SIDEWAYS.contains(&(from, to)) {
            return Err(format!(
                "`{from}` (layer {above}) names `{to}` (layer {below}); only lower layers are allowed"
            ));
        }
        if from == "session" && !["types", "safety"].contains(&to) {
            return Err(format!("`session` names `{to}`; the core knows `types` and `safety` and nothing else"));
        }
        let hidden: &[&str] = match from {
            "calls" | "http" => ADAPTERS,
            _ => &[],
        };
        if hidden.contains(&to) {
            return Err(format!("`{from}` names the adapter `{to}`; it must know the port only"));
        }
        Ok(())
    }

    fn complaints(&self, source: &Source) -> Vec<Complaint> {
        let code = source.view(Hide::ALL);
        let own = named_modules(source, &code).into_iter();
        own.filter_map(|(offset, to)| self.judge(source.module(), &to).err().map(|why| source.complain(offset, &why)))
            .chain(foreign(source, &code))
            .collect()
    }
}

/// Neighbours of one layer of which the first may name the second.
const SIDEWAYS: &[(&str, &str)] = &[
    // Tools and settings are told in the words of the ports that they serve.
    ("assistant", "ports"),
];

/// The composition root: it names everything.
const TOP: &[&str] = &["app", "cli", "main"];

/// What translates between us and one thing outside.
const ADAPTERS: &[&str] = &["twilio", "realtime", "store"];

/// Crates that only some places may name, and those places.
const CRATES: &[(&str, &[&str])] = &[
    ("axum", &["src/http/", "src/twilio/", "src/sim/server", "src/app", "src/cli", "src/main.rs"]),
    ("tower_http", &["src/http/", "src/twilio/", "src/sim/server", "src/app", "src/cli", "src/main.rs"]),
    // The configuration needs no client, but its URLs are the ones that the client takes.
    ("reqwest", &["src/config/", "src/sim/server", "src/app", "src/cli", "src/main.rs"]),
    ("sqlx", &["src/store/"]),
    // The carrier's adapter needs its errors only: they are inside those of the HTTP server.
    ("tokio_tungstenite", &["src/realtime/", "src/twilio/", "src/sim/server", "src/app", "src/cli"]),
];

/// Layers and folders that know no runtime.
const WITHOUT_RUNTIME: &[&str] =
    &["src/types/", "src/audio/", "src/session/", "src/safety/", "src/sim/", "src/assistant/"];

/// Complaints about crates that the file's place must not name.
fn foreign(source: &Source, code: &str) -> Vec<Complaint> {
    let here = |places: &[&str]| places.iter().any(|place| source.path.starts_with(place));
    let mut found = Vec::new();
    for (name, places) in CRATES.iter().filter(|(_, places)| !here(places)) {
        let why = format!("`{name}` may be named in {} only", places.join(" "));
        found.extend(paths(code, name).map(|offset| source.complain(offset, &why)));
    }
    if here(WITHOUT_RUNTIME) && !source.path.starts_with("src/sim/server") {
        for name in ["tokio", "tokio_util", "futures_util"] {
            let why = format!("`{name}` in a place that must run without a runtime");
            found.extend(paths(code, name).map(|offset| source.complain(offset, &why)));
        }
    }
    found
}

/// Offsets where `name` is the root of a path: not a field, and not a module of ours that has the same name.
fn paths<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(code, name).filter(move |offset| {
        let before = code[..*offset].trim_end();
        let after = code[offset + name.len()..].trim_start();
        let name = |c: char| c.is_alphanumeric() || c == '_' || c == '>';
        let inner = code[..*offset].strip_suffix("::").is_some_and(|path| path.ends_with(name));
        let rooted = !inner && !before.ends_with('.');
        rooted && (after.starts_with("::") || (before.ends_with("use") && after.starts_with(';')))
    })
}

/// Modules at the top that the code names by `crate::x`, `crate::{x, y::z}` or a chain of `super` that reaches the root.
fn named_modules(source: &Source, code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for offset in words(code, "crate") {
        if let Some(path) = code[offset + "crate".len()..].trim_start().strip_prefix("::") {
            found.extend(heads(path).into_iter().map(|name| (offset, name)));
        }
    }
    let depth = depth(&source.path);
    for offset in words(code, "super") {
        if code[..offset].trim_end().ends_with("::") {
            continue;
        }
        let mut rest = &code[offset..];
        let mut steps = 0;
        while let Some(path) = rest.strip_prefix("super").and_then(|rest| rest.trim_start().strip_prefix("::")) {
            steps += 1;
            rest = path.trim_start();
        }
        if steps == depth && steps > 0 {
            found.extend(heads(rest).into_iter().map(|name| (offset, name)));
        }
    }
    found
}

/// How many `super` lead from a file to the root: `src/a/mod.rs` and `src/a.rs` 1, `src/a/b.rs` 2.
fn depth(path: &str) -> usize {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" || path == "main" { 0 } else { path.split('/').count() }
}

/// First names of a path or of a group of paths.
fn heads(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else {
        let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        return if name.is_empty() { Vec::new() } else { vec![name] };
    };
    let mut names = Vec::new();
    let (mut depth, mut begin) = (0, 0);
    for (offset, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b',' | b'}' if depth == 0 => {
                names.extend(heads(&group[begin..offset]));
                begin = offset + 1;
                if byte == b'}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn modules_name_lower_layers_only() {
    let layers = Layers::of_the_tree();
    let mut sources = Source::program();
    sources.retain(|source| source.path != "src/lib.rs");
    enforce(sources, |source| layers.complaints(source));
}

#[test]
fn every_module_has_a_layer() {
    let layers = Layers::of_the_tree();
    for source in Source::program().iter().filter(|source| source.path != "src/lib.rs") {
        assert!(layers.0.contains_key(source.module()), "{} has no layer in the map of src/lib.rs", source.path);
    }
}

#[cfg(test)]
mod tests {
    use super::{Layers, Source, heads};

    fn complaints(path: &str, text: &str) -> usize {
        Layers::of_the_tree().complaints(&Source::new(path, text)).len()
    }

    #[test]
    fn the_map_is_read() {
        let map = "//! Text 9 here.\n//! ```text\n//! 0 types   1 audio auth\n//! 2 session\n//! ```\n//! 3 none";
        let layers: Vec<(String, u32)> = Layers::parse(map).0.into_iter().collect();
        let expected = [("audio", 1), ("auth", 1), ("session", 2), ("types", 0)];
        assert_eq!(layers, expected.map(|(name, layer)| (name.to_owned(), layer)));
    }

    #[test]
    fn upward_names_are_found_in_use_and_in_paths() {
        assert_eq!(complaints("src/types/id.rs", "use crate::audio::mulaw;"), 1);
        assert_eq!(complaints("src/types/id.rs", "fn f() { crate::session::f() }"), 1);
        assert_eq!(complaints("src/types/id.rs", "use crate::{id::A, audio::{mulaw, Gaps}, calls};"), 3);
        assert_eq!(complaints("src/types/id.rs", "use super::super::audio;"), 1);
        assert_eq!(complaints("src/types/mod.rs", "use super::audio;"), 1);
        assert_eq!(complaints("src/ports/media.rs", "impl From<crate :: calls :: X> for Y {}"), 1);
    }

    #[test]
    fn downward_names_comments_strings_and_tests_are_fine() {
        assert_eq!(complaints("src/calls/actor.rs", "use crate::{audio::Gaps, ports, calls::Engine};"), 0);
        assert_eq!(complaints("src/types/id.rs", "// crate::calls\nconst A: &str = \"crate::calls\";"), 0);
        assert_eq!(complaints("src/types/id.rs", "#[cfg(test)]\nmod tests { use crate::audio; }"), 0);
        assert_eq!(complaints("src/types/id.rs", "use super::Mulaw; use self::audio::X;"), 0);
        assert_eq!(
            complaints("src/app.rs", "use crate::{calls, cli, store, twilio}; use tokio::net; use axum::Router;"),
            0
        );
    }

    #[test]
    fn neighbours_do_not_know_each_other_but_for_the_pairs_on_the_list() {
        assert_eq!(complaints("src/assistant/tools.rs", "use crate::ports::model::ToolSpec;"), 0);
        assert_eq!(complaints("src/ports/model.rs", "use crate::assistant::X;"), 1);
        assert_eq!(complaints("src/audio/gaps.rs", "use crate::config::X;"), 1);
    }

    #[test]
    fn adapters_do_not_know_each_other_nor_the_shell() {
        for (path, other) in
            [("src/twilio/rest.rs", "realtime"), ("src/store/mod.rs", "twilio"), ("src/realtime/a.rs", "calls")]
        {
            assert_eq!(complaints(path, &format!("use crate::{other}::X;")), 1, "{path}");
        }
    }

    #[test]
    fn the_core_knows_types_and_safety_only() {
        assert_eq!(complaints("src/session/turn.rs", "use crate::types::Mono; use crate::session::effect;"), 0);
        for other in ["audio", "config", "telemetry", "ports"] {
            assert_eq!(complaints("src/session/turn.rs", &format!("use crate::{other}::X;")), 1, "{other}");
        }
        assert_eq!(complaints("src/session/turn.rs", "use tokio::time::Sleep;"), 1);
    }

    #[test]
    fn the_shell_and_the_api_know_ports_not_adapters() {
        for other in ["twilio", "realtime", "store", "http"] {
            assert_eq!(complaints("src/calls/actor.rs", &format!("use crate::{other}::X;")), 1, "{other}");
        }
        assert_eq!(complaints("src/http/calls.rs", "use crate::store::X;"), 1);
        for code in ["use axum::Router;", "fn f(c: reqwest::Client) {}", "use sqlx;", "use ::sqlx::Row;"] {
            assert!(complaints("src/calls/actor.rs", code) > 0, "{code}");
        }
    }

    #[test]
    fn the_simulation_is_pure_but_for_its_servers() {
        for code in ["use axum::Router;", "use tokio::net::TcpListener;"] {
            assert_eq!(complaints("src/sim/model.rs", code), 1, "{code}");
            assert_eq!(complaints("src/sim/server/model.rs", code), 0, "{code}");
            assert_eq!(complaints("src/sim/server.rs", code), 0, "{code}");
        }
        assert_eq!(complaints("src/sim/world.rs", "use crate::realtime::Decoder; use crate::calls::Engine;"), 0);
    }

    #[test]
    fn unknown_modules_are_found() {
        assert_eq!(complaints("src/types/id.rs", "use crate::nonsense::X;"), 1);
        assert_eq!(complaints("src/nonsense/id.rs", "use crate::types::X;"), 1);
    }

    #[test]
    fn groups_give_all_their_heads() {
        assert_eq!(heads("{a::{b, c}, d, e::f}; g"), ["a", "d", "e"]);
        assert_eq!(heads(" a::b"), ["a"]);
        assert!(heads("*").is_empty());
    }
}
