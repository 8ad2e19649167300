//! How a file looks: it says what it is, and it is not too long.

use super::source::Source;
use super::{Complaint, enforce};

/// More lines than this, and a file holds more than one idea.
const LINES_MAX: usize = 400;

/// Files that may be longer. Each needs a reason; the list should stay short.
const LONG: &[&str] = &[];

fn untitled(source: &Source) -> Vec<Complaint> {
    let first = source.text.lines().next().unwrap_or_default();
    let titled = first.strip_prefix("//! ").is_some_and(|title| !title.trim().is_empty());
    if titled { Vec::new() } else { vec![source.complain(0, "opens without `//!`: one sentence what, one why")] }
}

fn too_long(source: &Source) -> Vec<Complaint> {
    let lines = source.text.lines().count();
    if lines <= LINES_MAX || LONG.contains(&source.path.as_str()) {
        return Vec::new();
    }
    vec![source.complain(0, &format!("{lines} lines, more than {LINES_MAX}: split it by idea"))]
}

fn every_source() -> Vec<Source> {
    let mut sources = Source::everything();
    sources.retain(|source| source.path.starts_with("src/"));
    sources
}

#[test]
fn every_file_says_what_it_is() {
    let mut sources = Source::everything();
    // A sibling file of tests needs no title: it is the tests of the file that it belongs to.
    sources.retain(|source| {
        let of_a_module = source.path.starts_with("src/") && source.is_test();
        !of_a_module && !source.path.starts_with("benches/")
    });
    enforce(sources, untitled);
}

#[test]
fn no_file_is_too_long() {
    enforce(every_source(), too_long);
}

#[test]
fn the_list_of_long_files_is_not_out_of_date() {
    let sources = every_source();
    for path in LONG {
        let source = sources.iter().find(|source| source.path == *path);
        let lines = source.map_or(0, |source| source.text.lines().count());
        assert!(lines > LINES_MAX, "{path} has {lines} lines; take it off the list");
    }
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, Source, too_long, untitled};

    #[test]
    fn an_untitled_file_is_found() {
        let found = |text| untitled(&Source::new("src/x.rs", text)).len();
        assert_eq!(found("//! What it is.\nuse a;"), 0);
        for text in ["", "use a;", "// What it is.", "//!", "//! \n", "use a;\n//! Too late."] {
            assert_eq!(found(text), 1, "{text:?}");
        }
    }

    #[test]
    fn a_long_file_is_found() {
        let found = |lines| too_long(&Source::new("src/x.rs", &"x\n".repeat(lines))).len();
        assert_eq!(found(LINES_MAX), 0);
        assert_eq!(found(LINES_MAX + 1), 1);
    }
}
