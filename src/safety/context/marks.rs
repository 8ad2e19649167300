//! The classes of words that tell how the rest of an utterance is meant.
//!
//! They have the same names in every language, so the context needs to know no language.

use crate::safety::lexicon::{Element, Lexicon};

/// The classes that the context is made of; every language defines each.
pub(in crate::safety) struct Marks {
    pub(in crate::safety) filler: Element,
    /// "no", "without", "denies".
    pub(in crate::safety) negator: Element,
    /// After a negator these do not deny what follows: "I don't know, chest pain".
    pub(in crate::safety) opaque: Element,
    /// After a negator these deny what follows although it has a subject: "I don't think I have".
    pub(in crate::safety) transparent: Element,
    /// "can not", "will not" deny an ability, not a symptom.
    pub(in crate::safety) modal: Element,
    /// What "can not" does deny: "can not be", "can not have".
    pub(in crate::safety) state: Element,
    pub(in crate::safety) subject: Element,
    /// "but": nothing before it reaches what follows.
    pub(in crate::safety) breaker: Element,
    pub(in crate::safety) and: Element,
    pub(in crate::safety) or: Element,
    /// A bare "no".
    pub(in crate::safety) no: Element,
    /// Verbs of the present.
    pub(in crate::safety) present: Element,
    /// "if" after these is "whether".
    pub(in crate::safety) whether: Element,
    pub(in crate::safety) condition: Element,
    pub(in crate::safety) when: Element,
    pub(in crate::safety) first_person: Element,
    pub(in crate::safety) noun: Element,
    /// "never before, but now"
    pub(in crate::safety) never: Element,
    /// "stopped, and started again"
    pub(in crate::safety) stopped: Element,
    /// "not my arm, is my chest": what follows is said, not denied
    pub(in crate::safety) copula: Element,
    /// Spanish pronouns between "no" and its verb.
    pub(in crate::safety) clitic: Element,
    /// Spanish pronouns that begin a clause unless "no" or "que" stands before them: "no es nada, me duele".
    pub(in crate::safety) clause_pronoun: Element,
    /// What comes after a list of denials: "no fever no cough just chest pain".
    pub(in crate::safety) just: Element,
    /// "the", "a": a second one begins what is so instead of what is not.
    pub(in crate::safety) article: Element,
    /// After these a possessive begins no clause: "nobody in my family".
    pub(in crate::safety) within: Element,
    /// What begins a clause after a denied one: "I don't want to reschedule I need an ambulance".
    pub(in crate::safety) opener: Element,
    /// "no, nothing like that"
    pub(in crate::safety) nothing: Element,
}

impl Marks {
    pub(in crate::safety) fn new(lexicon: &mut Lexicon) -> Self {
        Self {
            filler: lexicon.shared("@filler"),
            negator: lexicon.shared("@negator"),
            opaque: lexicon.shared("@opaque"),
            transparent: lexicon.shared("@transparent"),
            modal: lexicon.shared("@modal"),
            state: lexicon.shared("@state"),
            subject: lexicon.shared("@subject"),
            breaker: lexicon.shared("@breaker"),
            and: lexicon.shared("@and"),
            or: lexicon.shared("@or"),
            no: lexicon.shared("@no"),
            present: lexicon.shared("@present"),
            whether: lexicon.shared("@whether"),
            condition: lexicon.shared("@condition"),
            when: lexicon.shared("@when"),
            first_person: lexicon.shared("@first_person"),
            noun: lexicon.shared("@bare_noun"),
            never: lexicon.shared("@never"),
            stopped: lexicon.shared("@stopped"),
            copula: lexicon.shared("@copula"),
            clitic: lexicon.shared("@clitic"),
            clause_pronoun: lexicon.shared("@clause_pronoun"),
            just: lexicon.shared("@just"),
            article: lexicon.shared("@article"),
            within: lexicon.shared("@within"),
            opener: lexicon.shared("@opener"),
            nothing: lexicon.shared("@nothing"),
        }
    }
}
