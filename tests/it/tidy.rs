//! Rules of the tree, as tests: they read the sources and fail on what no compiler would mind.
//!
//! Each rule is a function from one source to its complaints, and each has a test that it can complain.

mod layers;
mod purity;
mod shape;
mod source;
mod words;

use source::Source;

/// One thing that is wrong: the file, the line and why.
type Complaint = String;

/// Applies a rule to every source that it is about, and fails with everything that it found.
fn enforce(sources: Vec<Source>, rule: impl Fn(&Source) -> Vec<Complaint>) {
    assert!(sources.len() > 20, "the sources were not found: {} files", sources.len());
    let complaints: Vec<Complaint> = sources.iter().flat_map(rule).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
