//! JSON objects that several events share: items, content parts, usage.

use serde_json::{Value, json};

use crate::sim::model::response::{Content, OutItem};

/// A usage object: pairs of text and audio tokens.
pub(super) fn usage(input: (u64, u64), cached: (u64, u64), output: (u64, u64)) -> Value {
    let (given, made) = (input.0 + input.1, output.0 + output.1);
    json!({
        "total_tokens": given + made, "input_tokens": given, "output_tokens": made,
        "input_token_details": {
            "text_tokens": input.0, "audio_tokens": input.1, "image_tokens": 0, "cached_tokens": cached.0 + cached.1,
            "cached_tokens_details": {"text_tokens": cached.0, "audio_tokens": cached.1, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": output.0, "audio_tokens": output.1},
    })
}

/// An item as events show it; `fresh`: before anything was made.
pub(super) fn item_json(item: &OutItem, status: &str, fresh: bool) -> Value {
    let mut json = match &item.content {
        Content::Speech { said, .. } => message("output_audio", "transcript", said),
        Content::Text { said, .. } => message("output_text", "text", said),
        Content::Call { call_id, name, said, .. } => {
            json!({"type": "function_call", "name": name, "call_id": call_id, "arguments": said})
        }
    };
    if fresh && json["type"] == "message" {
        json["content"] = json!([]);
    }
    json["id"] = item.id.as_str().into();
    json["object"] = "realtime.item".into();
    json["status"] = status.into();
    json
}

fn message(kind: &str, key: &str, said: &str) -> Value {
    json!({"type": "message", "role": "assistant", "content": [{"type": kind, key: said}]})
}

/// A content part: its type keeps the older word.
pub(super) fn part_json(content: &Content, fresh: bool) -> Value {
    match content {
        Content::Speech { said, .. } => json!({"type": "audio", "transcript": if fresh { "" } else { said }}),
        Content::Text { said, .. } | Content::Call { said, .. } => {
            json!({"type": "text", "text": if fresh { "" } else { said }})
        }
    }
}

pub(super) fn remove(body: &mut Value, key: &str) {
    if let Some(map) = body.as_object_mut() {
        map.remove(key);
    }
}
