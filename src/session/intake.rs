//! The intake: which facts the call must establish, and which are still missing.

use std::sync::Arc;

use crate::session::effect::Intake;
use crate::session::input::IntakeData;
use crate::types::Urgency;
use crate::types::org::IntakeField;

pub(crate) struct IntakeSheet {
    fields: Arc<[IntakeField]>,
    /// What was established last.
    known: Option<IntakeData>,
}

impl IntakeSheet {
    pub(crate) const fn new(fields: Arc<[IntakeField]>) -> Self {
        Self { fields, known: None }
    }

    pub(crate) const fn known(&self) -> Option<&IntakeData> {
        self.known.as_ref()
    }

    /// What an earlier process established.
    pub(crate) fn restore(&mut self, known: Option<IntakeData>) {
        self.known = known;
    }

    /// What the assistant established, held against what is required.
    pub(crate) fn file(&mut self, data: IntakeData, urgency: Urgency) -> Intake {
        let missing = self.missing(&data);
        self.known = Some(data.clone());
        Intake { data, urgency, completed: missing.is_empty(), missing }
    }

    fn missing(&self, data: &IntakeData) -> Vec<String> {
        let has = |name: &str| data.fields.iter().any(|(field, value)| field == name && !value.trim().is_empty());
        self.fields.iter().filter(|field| field.required && !has(&field.name)).map(|field| field.name.clone()).collect()
    }
}
