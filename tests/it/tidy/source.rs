//! One Rust file, with views that hide what a rule must not look at.
//!
//! Not a parser: it knows comments, strings, characters and matching braces, which is enough for these rules and has
//! no dependencies.

use std::fs;
use std::path::Path;

/// What to hide. Hidden text becomes spaces, so that lines keep their numbers.
#[derive(Clone, Copy, Default)]
pub(super) struct Hide {
    pub(super) comments: bool,
    pub(super) strings: bool,
    /// Items under `#[cfg(test)]`.
    pub(super) tests: bool,
}

impl Hide {
    /// Comments and strings.
    pub(super) const PROSE: Self = Self { comments: true, strings: true, tests: false };
    /// Everything that is not code of the program itself.
    pub(super) const ALL: Self = Self { comments: true, strings: true, tests: true };
}

/// One file.
pub(super) struct Source {
    /// From the root of the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The program: everything under `src` that is not a file of tests.
    pub(super) fn program() -> Vec<Self> {
        let mut sources = Self::under(&["src"]);
        sources.retain(|source| !source.is_test());
        sources
    }

    /// The program, its tests and its benchmarks.
    pub(super) fn everything() -> Vec<Self> {
        Self::under(&["src", "tests", "benches"])
    }

    fn under(folders: &[&str]) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        for folder in folders {
            read(root, &root.join(folder), &mut sources);
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        sources
    }

    /// `src/a/tests.rs`, `src/a/tests/b.rs`, and everything outside `src`.
    pub(super) fn is_test(&self) -> bool {
        !self.path.starts_with("src/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The module at the top that the file belongs to: `types` for `src/types/id.rs`, `app` for `src/app.rs`.
    pub(super) fn module(&self) -> &str {
        let path = self.path.trim_start_matches("src/");
        path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
    }

    /// The text with something hidden.
    pub(super) fn view(&self, hide: Hide) -> String {
        if !hide.tests {
            return blank(&self.text, hide);
        }
        let code = blank(&self.text, Hide::PROSE);
        let mut view = blank(&self.text, hide).into_bytes();
        for range in test_items(&code) {
            view[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        String::from_utf8(view).expect("whole items are blanked, so no character is cut")
    }

    /// A complaint about the place at `offset`.
    pub(super) fn complain(&self, offset: usize, why: &str) -> String {
        let line = 1 + self.text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count();
        format!("{}:{line}: {why}", self.path)
    }
}

fn read(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            read(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.push(Source::new(&name, &fs::read_to_string(&path).expect("a source is readable text")));
        }
    }
}

/// Offsets of `word` where it stands alone: no letter, digit or underscore on either side.
pub(super) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(word).map(|(offset, _)| offset).filter(move |offset| {
        let bytes = text.as_bytes();
        let before = offset.checked_sub(1).and_then(|before| bytes.get(before));
        !part_of_name(before) && !part_of_name(bytes.get(offset + word.len()))
    })
}

/// Replaces comments and strings by spaces, as asked. The quotes stay.
fn blank(text: &str, hide: Hide) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (len, hidden) = token(rest);
        let (head, tail) = rest.split_at(len);
        let hidden = match hidden {
            Token::Comment => hide.comments,
            Token::String => hide.strings,
            Token::Code => false,
        };
        if hidden {
            out.extend(head.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(head);
        }
        rest = tail;
    }
    out
}

enum Token {
    Comment,
    String,
    Code,
}

/// Length and kind of the token at the start of `text`.
fn token(text: &str) -> (usize, Token) {
    let first = text.chars().next().map_or(0, char::len_utf8);
    if text.starts_with("//") {
        return (text.find('\n').unwrap_or(text.len()), Token::Comment);
    }
    if text.starts_with("/*") {
        return (block_comment(text), Token::Comment);
    }
    if let Some(len) = raw_string(text) {
        return (len, Token::String);
    }
    if text.starts_with('"') {
        return (quoted(text, '"'), Token::String);
    }
    if text.starts_with('\'') {
        return match character(text) {
            Some(len) => (len, Token::String),
            None => (first, Token::Code),
        };
    }
    // A whole word at once: the `r` of `for"` opens no raw string.
    let word = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let prefix = matches!(&text[..word], "b" | "c") && text[word..].starts_with(['"', '\'']);
    (if prefix { word } else { word.max(first) }, Token::Code)
}

fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn raw_string(text: &str) -> Option<usize> {
    let body = ["r", "br", "cr"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = body.bytes().take_while(|byte| *byte == b'#').count();
    let opened = body[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = opened.find(&close).map_or(opened.len(), |end| end + close.len());
    Some(text.len() - opened.len() + end)
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character literal; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut characters = text.chars().skip(1);
    let first = characters.next()?;
    (first == '\\' || characters.next() == Some('\'')).then(|| quoted(text, '\''))
}

/// Ranges of the items under `#[cfg(test)]`, in code without comments and strings.
fn test_items(code: &str) -> Vec<std::ops::Range<usize>> {
    const MARK: &str = "#[cfg(test)]";
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let begin = from + found;
        let end = item_end(code, begin + MARK.len());
        ranges.push(begin..end);
        from = end;
    }
    ranges
}

/// The end of the item that starts at `from`: a `;` or `,` outside brackets, or its closing brace.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'}' => {
                depth -= 1;
                if depth <= 0 {
                    let close = if depth < 0 { offset } else { offset + 1 };
                    // `use a::{b, c};` and a match arm's comma.
                    let tail = if depth < 0 { "" } else { code[close..].trim_start() };
                    let ends = tail.starts_with([';', ',']);
                    return if ends { code.len() - tail.len() + 1 } else { close };
                }
            }
            b';' | b',' if depth == 0 => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::{Hide, Source, words};

    fn view(text: &str, hide: Hide) -> String {
        let view = Source::new("src/x.rs", text).view(hide);
        assert_eq!(view.len(), text.len());
        view.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_hidden_even_nested_ones() {
        assert_eq!(view("a // b\nc /* d /* e */ f\n */ g", Hide::PROSE), "a c g");
        assert_eq!(view("//! a\n/// b\nc", Hide::PROSE), "c");
    }

    #[test]
    fn strings_and_characters_are_hidden_but_lifetimes_are_not() {
        assert_eq!(view(r#"a "b // \" c" d"#, Hide::PROSE), "a d");
        assert_eq!(view(r##"a r#"b " c"# d br"e" f"##, Hide::PROSE), "a d f");
        assert_eq!(view(r#"a '"' b '\'' c 'é' d b'x' e"#, Hide::PROSE), "a b c d b e");
        assert_eq!(view("fn f<'a>(x: &'a str) -> &'static str", Hide::PROSE), "fn f<'a>(x: &'a str) -> &'static str");
        assert_eq!(view(r#"for"x" y"#, Hide::PROSE), "for y");
    }

    #[test]
    fn strings_stay_when_only_comments_are_hidden() {
        let hide = Hide { comments: true, ..Hide::default() };
        assert_eq!(view(r#"a "http://b" // c"#, hide), r#"a "http://b""#);
    }

    #[test]
    fn test_items_are_hidden() {
        assert_eq!(view("a();\n#[cfg(test)]\nmod tests;\nb();", Hide::ALL), "a(); b();");
        assert_eq!(view("#[cfg(test)] mod tests { fn f() { g([1, 2]); } } b", Hide::ALL), "b");
        assert_eq!(view("#[cfg(test)] #[allow(x)] use a::{b, c}; d", Hide::ALL), "d");
        assert_eq!(view("struct S { #[cfg(test)] a: (u8, u8), b: u8 }", Hide::ALL), "struct S { b: u8 }");
        assert_eq!(view("match x { A => {} #[cfg(test)] B => 1 } c", Hide::ALL), "match x { A => {} } c");
        assert_eq!(view("#[cfg(any(test, unix))] use a; b", Hide::ALL), "#[cfg(any(test, unix))] use a; b");
    }

    #[test]
    fn words_stand_alone() {
        assert_eq!(words("tokio mytokio tokio_util (tokio::x)", "tokio").collect::<Vec<_>>(), [0, 26]);
    }

    #[test]
    fn a_file_belongs_to_the_module_at_the_top() {
        for (path, module) in [("src/types/id.rs", "types"), ("src/app.rs", "app"), ("src/sim/server/model.rs", "sim")]
        {
            assert_eq!(Source::new(path, "").module(), module);
        }
    }

    #[test]
    fn complaints_name_the_line() {
        assert_eq!(Source::new("src/x.rs", "a\nb\nc").complain(4, "why"), "src/x.rs:3: why");
    }
}
