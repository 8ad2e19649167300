//! How well the rules do: misses and false alarms per class, printed on every run and gated.
//!
//! A missed emergency is a caller who is left alone, so none is allowed in any variant; false alarms ring people
//! for nothing, so they have a limit too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use switchboard::safety::{Extensions, Language, Rules};

use super::corpus::{LISTS, Label, Phrase, phrases, phrases_of};
use super::variants::{Kind, slips, variants};

/// False alarms among the negatives, at most, percent.
const FALSE_ALARMS_PERCENT_MAX: f64 = 2.0;

/// Phrases of each lesser class that must be caught as written, at least, percent.
const RECALL_PERCENT_MIN: f64 = 95.0;

/// The variable of the environment that names further lists.
const FURTHER_LISTS: &str = "SAFETY_LISTS";

/// Failures that are listed; more would hide the table.
const LISTED_MAX: usize = 40;

/// The rules of one language, as an organization without wishes of its own has them.
struct Net(BTreeMap<String, Rules>);

impl Net {
    fn new() -> Self {
        let rules = |lang: &str| Rules::new(Language::of(lang), &Extensions::default());
        Self(["en", "es"].map(|lang| (lang.to_owned(), rules(lang))).into())
    }

    fn judge(&self, phrase: &Phrase, text: &str) -> Label {
        let finding = self.0[&phrase.lang].judge(phrase.speaker, text);
        finding.map_or(Label::None, |finding| Label::parse(finding.alarm.as_str()).expect("an alarm is a label"))
    }
}

/// One variant of one phrase, judged.
struct Run<'a> {
    phrase: &'a Phrase,
    kind: Kind,
    text: String,
    got: Label,
}

impl Run<'_> {
    /// A phrase is caught by an alarm of its class or a more serious one; a negative fails if anything fires.
    fn failed(&self) -> bool {
        match self.phrase.label {
            Label::None => self.got != Label::None,
            label => self.got > label,
        }
    }

    /// Rang louder than it had to: not a miss, but worth knowing.
    fn too_serious(&self) -> bool {
        self.phrase.label != Label::None && self.got < self.phrase.label
    }
}

/// Every variant of every phrase, judged.
struct Report<'a>(Vec<Run<'a>>);

/// Some runs, and how many of them failed.
#[derive(Clone, Copy)]
struct Share {
    failed: usize,
    of: usize,
}

impl Share {
    fn percent(self) -> f64 {
        if self.of == 0 { 0.0 } else { 100.0 * self.failed as f64 / self.of as f64 }
    }

    fn cell(self) -> String {
        format!("{}/{} {:.1}%", self.failed, self.of, self.percent())
    }
}

impl<'a> Report<'a> {
    fn new(phrases: &'a [Phrase]) -> Self {
        let (net, slips) = (Net::new(), slips());
        let judged = phrases.iter().flat_map(|phrase| {
            let judge = |(kind, text): (Kind, String)| Run { got: net.judge(phrase, &text), phrase, kind, text };
            variants(phrase, &slips).into_iter().map(judge).collect::<Vec<_>>()
        });
        Self(judged.collect())
    }

    fn share(&self, among: impl Fn(&Run) -> bool) -> Share {
        let of = self.0.iter().filter(|run| among(run));
        Share { failed: of.clone().filter(|run| run.failed()).count(), of: of.count() }
    }

    fn row(&self, name: &str, among: impl Fn(&Run) -> bool) -> String {
        let mut row = format!("{name:<24}");
        for kind in Kind::ALL {
            let share = self.share(|run| run.kind == kind && among(run));
            write!(row, "{:>17}", share.cell()).expect("a string takes everything");
        }
        let loud = self.0.iter().filter(|run| run.kind == Kind::Written && among(run) && run.too_serious()).count();
        writeln!(row, "{:>17}{loud:>13}", self.share(among).cell()).expect("a string takes everything");
        row
    }

    /// Misses per class and language, and false alarms, of one list for each kind of variant.
    fn table(&self, list: &str) -> String {
        let here = |run: &Run| run.phrase.list == list;
        let mut table = format!("\nsafety net, {list}: {} runs\n{:<24}", self.share(here).of, "missed");
        for kind in Kind::ALL {
            write!(table, "{:>17}", kind.as_str()).expect("a string takes everything");
        }
        writeln!(table, "{:>17}{:>13}", "all runs", "too serious").expect("a string takes everything");
        let by_language = |label: Label| {
            let row = |lang: &str| {
                self.row(&format!("  {lang}"), |run| here(run) && run.phrase.label == label && run.phrase.lang == lang)
            };
            row("en") + &row("es")
        };
        for label in Label::ALL.into_iter().filter(|label| *label != Label::None) {
            table += &self.row(label.as_str(), |run| here(run) && run.phrase.label == label);
            table += &by_language(label);
        }
        table += "false alarms\n";
        table += &self.row("hard negatives", |run| here(run) && run.phrase.is_hard_negative());
        table += &self.row("all negatives", |run| here(run) && run.phrase.label == Label::None);
        table + &by_language(Label::None)
    }

    /// The failures, the most serious first, one line a phrase: the first variant that fails and how many do.
    fn failures(&self) -> String {
        let failed: Vec<&Run> = self.0.iter().filter(|run| run.failed()).collect();
        let mut phrases: Vec<&[&Run]> = failed.chunk_by(|a, b| a.phrase.place == b.phrase.place).collect();
        phrases.sort_by_key(|runs| runs[0].phrase.label);
        let mut text = format!("\n{} phrases fail in some variant; the first {LISTED_MAX}:\n", phrases.len());
        for runs in phrases.iter().take(LISTED_MAX) {
            let (first, count) = (runs[0], runs.len());
            let (place, label, got) = (&first.phrase.place, first.phrase.label.as_str(), first.got.as_str());
            let line =
                format!("{place}: {label} but got {got} ({}, {count} runs): {}", first.kind.as_str(), first.text);
            writeln!(text, "{line}").expect("a string takes everything");
        }
        text
    }
}

#[test]
fn emergencies_are_never_missed_and_false_alarms_are_rare() {
    let phrases = phrases();
    let report = Report::new(&phrases);
    // Past the capture of the test runner: the figures are shown when everything is well, too.
    for list in LISTS {
        io::stdout().write_all(report.table(list).as_bytes()).expect("standard output is there");
    }
    println!("{}", report.failures());
    measure_further_lists();

    let mut broken = Vec::new();
    let missed = report.share(|run| run.phrase.label == Label::Emergency);
    if missed.failed > 0 {
        broken.push(format!("{} emergencies missed", missed.cell()));
    }
    for label in [Label::High, Label::Human, Label::Uncertainty] {
        let missed = report.share(|run| run.phrase.label == label && run.kind == Kind::Written);
        if 100.0 - missed.percent() < RECALL_PERCENT_MIN {
            broken.push(format!("{}: {} missed as written", label.as_str(), missed.cell()));
        }
    }
    let negative = |run: &Run| run.phrase.label == Label::None;
    for (name, alarms) in [
        ("as written", report.share(|run| negative(run) && run.kind == Kind::Written)),
        ("over all variants", report.share(negative)),
    ] {
        if alarms.percent() > FALSE_ALARMS_PERCENT_MAX {
            broken.push(format!("false alarms {name}: {}", alarms.cell()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("; "));
}

/// Prints the figures and failures of lists that are not ours, without gating them: `FURTHER_LISTS` holds absolute paths
/// with commas between. What the rules are worth shows on phrases that they were not written against.
fn measure_further_lists() {
    let paths = std::env::var(FURTHER_LISTS).unwrap_or_default();
    for path in paths.split(',').filter(|path| !path.is_empty()) {
        let phrases = phrases_of(path);
        let report = Report::new(&phrases);
        let text = report.table(path) + &report.failures();
        io::stdout().write_all(text.as_bytes()).expect("standard output is there");
    }
}

#[test]
fn a_miss_is_told_from_an_alarm_that_is_too_serious() {
    let phrases = phrases();
    let run = |label: Label, got: Label| {
        let phrase = phrases.iter().find(|phrase| phrase.label == label).expect("every label has a phrase");
        Run { phrase, kind: Kind::Written, text: phrase.text.clone(), got }
    };
    assert!(run(Label::Emergency, Label::High).failed(), "an emergency is caught by an emergency only");
    assert!(run(Label::Human, Label::None).failed());
    assert!(!run(Label::Human, Label::High).failed());
    assert!(run(Label::Human, Label::High).too_serious());
    assert!(run(Label::None, Label::Uncertainty).failed());
    assert!(!run(Label::None, Label::None).failed());
    let report = Report(vec![run(Label::High, Label::Human), run(Label::High, Label::High)]);
    let share = report.share(|run| run.phrase.label == Label::High);
    assert_eq!((share.failed, share.of, share.percent()), (1, 2, 50.0));
}
