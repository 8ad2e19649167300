//! The one `session.update` of a connection: everything that the model must know before it hears a caller.
//!
//! The server refuses the whole update for one field that the model does not know, so a field is written only where
//! the model's family has it; and for one that is refused all the same there is a plain update, without whatever a call
//! can do without.

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
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    audio: Audio<'a>,
    tools: Vec<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncation: Option<Truncation>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<Voice<'a>>,
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
        #[serde(flatten)]
        tuning: Option<ServerTuning>,
        create_response: bool,
        interrupt_response: bool,
    },
    SemanticVad {
        #[serde(skip_serializing_if = "Option::is_none")]
        eagerness: Option<&'static str>,
        create_response: bool,
        interrupt_response: bool,
    },
}

/// When the server takes sound for speech, and quiet for its end.
#[derive(Serialize)]
struct ServerTuning {
    threshold: f32,
    prefix_padding_ms: u32,
    silence_duration_ms: u32,
    idle_timeout_ms: Option<u32>,
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
            max_output_tokens: Some(OUTPUT_TOKENS_MAX),
            audio: Audio {
                input: Input {
                    format: Format::new(setup.format),
                    transcription: Transcription::new(&setup.transcribe_model, &setup.language),
                    turn_detection: Vad::new(&setup.turn_detection),
                },
                output: Output { format: Format::new(setup.format), voice: Some(Voice::new(&setup.voice)) },
            },
            tools: setup.tools.iter().filter_map(Function::new).collect(),
            tool_choice: Some("auto"),
            truncation: Some(Truncation { kind: "retention_ratio", retention_ratio: RETENTION_RATIO }),
        }
    }

    /// The same with nothing that a call can do without. What stays: who the assistant is, its tools, the formats, that
    /// the server finds the turns and transcribes them, and who interrupts.
    pub fn plain(setup: &'a ModelSetup) -> Self {
        let mut session = Self::new(setup);
        session.reasoning = None;
        session.max_output_tokens = None;
        session.tool_choice = None;
        session.truncation = None;
        session.audio.output.voice = None;
        if let Some(transcription) = &mut session.audio.input.transcription {
            (transcription.language, transcription.languages) = (None, None);
        }
        match &mut session.audio.input.turn_detection {
            Vad::ServerVad { tuning, .. } => *tuning = None,
            Vad::SemanticVad { eagerness, .. } => *eagerness = None,
        }
        session
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
                tuning: Some(ServerTuning { threshold, prefix_padding_ms, silence_duration_ms, idle_timeout_ms: None }),
                create_response: true,
                interrupt_response: false,
            },
            TurnDetection::Semantic { eagerness } => Self::SemanticVad {
                eagerness: Some(Eagerness::as_str(eagerness)),
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
