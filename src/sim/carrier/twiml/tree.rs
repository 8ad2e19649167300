//! A document as a tree of elements, read without mercy for what is not XML.
//!
//! It knows nothing of verbs, so that their rules can be read by themselves.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

#[derive(Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

impl Element {
    fn read(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut element = Self { name: start.name().as_ref().to_owned(), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            element.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The top-level elements of a document.
pub(super) fn tree(text: &str) -> Result<Vec<Element>, String> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let depth = open.len();
        let Some(top) = open.last_mut() else { return Err("unbalanced".to_owned()) };
        match event {
            Event::Start(start) if depth <= DEPTH_MAX => open.push(Element::read(&start)?),
            Event::Start(_) => return Err("nested too deep".to_owned()),
            Event::Empty(start) => top.children.push(Element::read(&start)?),
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err("unbalanced".to_owned()) };
                let Some(parent) = open.last_mut() else { return Err("unbalanced".to_owned()) };
                parent.children.push(done);
            }
            Event::Text(text) => top.text.push_str(&text),
            Event::CData(data) => top.text.push_str(&data),
            Event::GeneralRef(name) => top.text.push(reference(&name)?),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err("a document type".to_owned()),
            Event::Eof => break,
        }
    }
    match (open.len(), open.pop()) {
        (1, Some(root)) if root.text.trim().is_empty() => Ok(root.children),
        _ => Err("the document is cut off, or text stands outside of it".to_owned()),
    }
}

fn reference(name: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    if let Ok(Some(char)) = name.resolve_char_ref() {
        return Ok(char);
    }
    match &**name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!("unknown entity &{other};")),
    }
}

const DEPTH_MAX: usize = 8;
