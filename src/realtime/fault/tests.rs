//! The table of errors.

use super::*;

fn error(code: &str) -> ServerError {
    ServerError { kind: "invalid_request_error".into(), code: code.into(), ..ServerError::default() }
}

fn kind(error: &ServerError) -> FaultKind {
    classify(error).kind
}

#[test]
fn each_known_code_has_its_kind() {
    let table = [
        ("conversation_already_has_active_response", FaultKind::ActiveResponse),
        ("response_cancel_not_active", FaultKind::Benign),
        ("input_audio_buffer_commit_empty", FaultKind::Benign),
        ("item_truncate_invalid_item_id", FaultKind::Benign),
        ("item_delete_invalid_item_id", FaultKind::Benign),
        ("invalid_tool_call_id", FaultKind::Benign),
        ("session_expired", FaultKind::Benign),
        ("invalid_api_key", FaultKind::Fatal),
        ("insufficient_quota", FaultKind::Fatal),
        ("model_not_found", FaultKind::Fatal),
        ("beta_api_shape_disabled", FaultKind::Fatal),
        ("missing_model", FaultKind::Fatal),
        ("server_error", FaultKind::Server),
        ("rate_limit_exceeded", FaultKind::Server),
        ("unknown_parameter", FaultKind::Ours),
        ("invalid_value", FaultKind::Ours),
        ("a_code_of_tomorrow", FaultKind::Ours),
        ("", FaultKind::Ours),
    ];
    for (code, expected) in table {
        assert_eq!(kind(&error(code)), expected, "{code}");
    }
}

#[test]
fn a_late_truncation_is_known_by_its_words() {
    for (code, message) in [
        ("", "Audio content of 3700ms is already shorter than 3760ms"),
        ("unsupported_content_type", "Only model output audio messages can be truncated"),
    ] {
        let error = ServerError { message: message.into(), ..error(code) };
        assert_eq!(kind(&error), FaultKind::Benign, "{message}");
    }
}

#[test]
fn a_type_speaks_where_the_code_is_missing() {
    let of_type = |kind: &str| ServerError { kind: kind.into(), ..ServerError::default() };
    assert_eq!(kind(&of_type("server_error")), FaultKind::Server);
    assert_eq!(classify(&of_type("server_error")).code, "server_error");
    assert_eq!(kind(&of_type("insufficient_quota")), FaultKind::Fatal);
    assert_eq!(classify(&ServerError::default()).code, "unknown");
}

#[test]
fn an_error_names_the_request_it_is_about() {
    let about = |id: &str| classify(&ServerError { about: id.into(), ..error("invalid_value") }).about;
    assert_eq!(about("r12"), Some(RequestNo(12)));
    assert_eq!(about("a12"), None);
    assert_eq!(about("cfg1"), None);
    assert_eq!(about(""), None);
}

#[test]
fn a_refused_configuration_names_its_field() {
    let refused = ServerError { about: "cfg1".into(), ..error("unknown_parameter") };
    assert_eq!((kind(&refused), classify(&refused).code.as_str()), (FaultKind::Setting, "unknown_parameter"));
    let refused = ServerError { param: "session.audio.output.speed".into(), ..error("unknown_parameter") };
    assert_eq!((kind(&refused), classify(&refused).code.as_str()), (FaultKind::Setting, "session.audio.output.speed"));
    // No update without it would be better.
    assert_eq!(kind(&ServerError { about: "cfg1".into(), ..error("invalid_api_key") }), FaultKind::Fatal);
    // Not refused, only not done: the time limit decides.
    assert_eq!(kind(&ServerError { about: "cfg1".into(), ..error("server_error") }), FaultKind::Server);
}

#[test]
fn responses_end_in_four_ways() {
    let end = |status: &str, reason: &str, code: &str| response_end(status, reason, &error(code));
    assert_eq!(end("completed", "", ""), ResponseEnd::Completed);
    assert_eq!(end("", "", ""), ResponseEnd::Completed);
    assert_eq!(end("cancelled", "turn_detected", ""), ResponseEnd::Cancelled);
    assert_eq!(end("incomplete", "max_output_tokens", ""), ResponseEnd::Incomplete("max_output_tokens".into()));
    assert_eq!(end("incomplete", "", ""), ResponseEnd::Incomplete("incomplete".into()));
    assert_eq!(end("evaporated", "", ""), ResponseEnd::Incomplete("evaporated".into()));
    assert_eq!(
        end("failed", "", "rate_limit_exceeded"),
        ResponseEnd::Failed { code: "rate_limit_exceeded".into(), fatal: false }
    );
    assert_eq!(
        end("failed", "", "insufficient_quota"),
        ResponseEnd::Failed { code: "insufficient_quota".into(), fatal: true }
    );
}

#[test]
fn codes_are_short_and_printable() {
    let fault = classify(&error(&format!("bad\n{}", "x".repeat(500))));
    assert_eq!(fault.code.len(), 80);
    assert!(fault.code.starts_with("badx"));
}
