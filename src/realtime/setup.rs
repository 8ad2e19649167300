//! The one `session.update` of a connection: everything that the model must know before it hears a caller.
//!
//! The server refuses the whole update for one field that the model does not know, so a field is written only where
//! the model's family has it.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ports::model::{ModelSetup, ToolSpec};
use crate::types::org::{AudioFormat, Eagerness, TurnDetection};

/// Longest answer in tokens, tool calls included; about 100 seconds of speech.
const OUTPUT_TOKENS_MAX: u32 = 2048;

/// How much of a conversation that grew too long is kept; below 1, so that the cache survives several turns.
const RETENTION_RATIO: f32 = 0.8;

/// The transcription model that goes with turn detection, for a configured one that does not.
const TRANSCRIBE_FALLBACK: &str = "gpt-transcribe";

/// The `session` of a `session.update`, type `realtime`.
#[derive(Serialize)]
pub struct Session<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    instructions: &'a str,
    output_modalities: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    max_output_tokens: u32,
    audio: Audio<'a>,
    tools: Vec<Function<'a>>,
    tool_choice: &'static str,
    truncation: Truncation,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
}

#[derive(Serialize)]
struct Audio<'a> {
    input: Input<'a>,
    output: Output<'a>,
}

#[derive(Serialize)]
struct Input<'a> {
    format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcription: Option<Transcription<'a>>,
    turn_detection: Vad,
}

#[derive(Serialize)]
struct Output<'a> {
    format: Format,
    voice: Voice<'a>,
}

/// PCM has one legal rate and must name it; mu-law must not.
#[derive(Serialize)]
#[serde(tag = "type")]
enum Format {
    #[serde(rename = "audio/pcm")]
    Pcm { rate: u32 },
    #[serde(rename = "audio/pcmu")]
    Pcmu,
}

/// `language` and `languages` exclude each other, and which one is known depends on the model.
#[derive(Serialize)]
struct Transcription<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    languages: Option<[&'a str; 1]>,
}

/// In a call the core alone interrupts and nudges, hence `interrupt_response: false` and no idle time-out.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Vad {
    ServerVad {
        threshold: f32,
        prefix_padding_ms: u32,
        silence_duration_ms: u32,
        idle_timeout_ms: Option<u32>,
        create_response: bool,
        interrupt_response: bool,
    },
    SemanticVad {
        eagerness: &'static str,
        create_response: bool,
        interrupt_response: bool,
    },
}

/// Custom voices are objects, built-in ones are names.
#[derive(Serialize)]
#[serde(untagged)]
enum Voice<'a> {
    BuiltIn(&'a str),
    Custom { id: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "function")]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a RawValue,
}

#[derive(Serialize)]
struct Truncation {
    #[serde(rename = "type")]
    kind: &'static str,
    retention_ratio: f32,
}

impl<'a> Session<'a> {
    /// The session that a setup asks for. A tool whose schema is not JSON is left out and said so in the log.
    pub fn new(setup: &'a ModelSetup) -> Self {
        Self {
            kind: "realtime",
            instructions: &setup.instructions,
            output_modalities: ["audio"],
            reasoning: is_reasoning(&setup.model).then_some(Reasoning { effort: "low" }),
            max_output_tokens: OUTPUT_TOKENS_MAX,
            audio: Audio {
                input: Input {
                    format: Format::new(setup.format),
                    transcription: Transcription::new(&setup.transcribe_model, &setup.language),
                    turn_detection: Vad::new(&setup.turn_detection),
                },
                output: Output { format: Format::new(setup.format), voice: Voice::new(&setup.voice) },
            },
            tools: setup.tools.iter().filter_map(Function::new).collect(),
            tool_choice: "auto",
            truncation: Truncation { kind: "retention_ratio", retention_ratio: RETENTION_RATIO },
        }
    }
}

impl<'a> Session<'a> {
    /// The session that a browser talks in. There the server knows what was played and interrupts by itself, and the
    /// sound is that of a browser, whatever calls use.
    pub fn for_browser(setup: &'a ModelSetup) -> Self {
        let mut session = Self::new(setup);
        session.audio.input.format = Format::new(AudioFormat::Pcm);
        session.audio.output.format = Format::new(AudioFormat::Pcm);
        let (Vad::ServerVad { interrupt_response, .. } | Vad::SemanticVad { interrupt_response, .. }) =
            &mut session.audio.input.turn_detection;
        *interrupt_response = true;
        session
    }
}

impl Format {
    const fn new(format: AudioFormat) -> Self {
        match format {
            AudioFormat::Pcm => Self::Pcm { rate: 24_000 },
            AudioFormat::Pcmu => Self::Pcmu,
        }
    }
}

impl<'a> Transcription<'a> {
    fn new(model: &'a str, language: &'a str) -> Option<Self> {
        if model.is_empty() {
            return None;
        }
        let model = match model {
            // These two are refused together with turn detection, which a phone call needs.
            "gpt-live-transcribe" | "gpt-realtime-whisper" => {
                tracing::warn!(
                    model,
                    used = TRANSCRIBE_FALLBACK,
                    "transcription model does not work with turn detection"
                );
                TRANSCRIBE_FALLBACK
            }
            model => model,
        };
        let language = iso_639_1(language);
        if model.starts_with("gpt-transcribe") {
            return Some(Self { model, language: None, languages: language.map(|l| [l]) });
        }
        Some(Self { model, language, languages: None })
    }
}

impl Vad {
    const fn new(detection: &TurnDetection) -> Self {
        match *detection {
            TurnDetection::Server { threshold, prefix_padding_ms, silence_duration_ms } => Self::ServerVad {
                threshold,
                prefix_padding_ms,
                silence_duration_ms,
                idle_timeout_ms: None,
                create_response: true,
                interrupt_response: false,
            },
            TurnDetection::Semantic { eagerness } => Self::SemanticVad {
                eagerness: Eagerness::as_str(eagerness),
                create_response: true,
                interrupt_response: false,
            },
        }
    }
}

impl<'a> Voice<'a> {
    fn new(voice: &'a str) -> Self {
        if voice.starts_with("voice_") { Self::Custom { id: voice } } else { Self::BuiltIn(voice) }
    }
}

impl<'a> Function<'a> {
    fn new(spec: &'a ToolSpec) -> Option<Self> {
        match serde_json::from_str(&spec.parameters) {
            Ok(parameters) => Some(Self { name: spec.name, description: &spec.description, parameters }),
            Err(error) => {
                tracing::error!(tool = spec.name, %error, "tool left out: its schema is not JSON");
                None
            }
        }
    }
}

/// Whether the model thinks before it speaks and therefore knows `reasoning`: version 2 and its minor versions. The
/// date in an older model's name (`gpt-realtime-2025-08-28`) is no version.
pub fn is_reasoning(model: &str) -> bool {
    let Some(version) = model.strip_prefix("gpt-realtime-2") else {
        return false;
    };
    version.is_empty() || version.starts_with(['.', '-'])
}

/// The two-letter language of a BCP 47 tag, which is all that transcription knows.
fn iso_639_1(tag: &str) -> Option<&str> {
    let primary = tag.split('-').next().unwrap_or("");
    (primary.len() == 2 && primary.bytes().all(|b| b.is_ascii_lowercase())).then_some(primary)
}
