"""Reads exports of recordings with the code of those who define the formats, or work with them, and says as JSON what it read.

    python3 exports.py otel|atif|har < file
"""
import base64
import json
import sys


def otel(text):
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    document = json.loads(text)
    # OTLP writes ids as hexadecimal digits where JSON of protocol buffers has base64: the one difference between the two.
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    # A field that the protocol does not have is refused.
    request = json_format.ParseDict(document, ExportTraceServiceRequest())
    spans = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
    return {
        "names": [span.name for span in spans],
        "traces": len({span.trace_id for span in spans}),
        "parents": sum(1 for span in spans if span.parent_span_id == spans[0].span_id),
        "ids": [len(span.trace_id) for span in spans] + [len(span.span_id) for span in spans],
        "ordered": all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans),
        "errors": sum(1 for span in spans if span.status.code == 2),
        "asked": messages(spans, "gen_ai.input.messages"),
        "answered": messages(spans, "gen_ai.output.messages"),
    }


def messages(spans, name):
    # Of the first span that has them.
    return next(json.loads(one.value.string_value) for span in spans for one in span.attributes if one.key == name)


def atif(text):
    from harbor.models.trajectories import Trajectory

    trajectory = Trajectory.model_validate_json(text)
    return {
        "version": trajectory.schema_version,
        "calls": [call.function_name for step in trajectory.steps for call in step.tool_calls or []],
        "observed": sum(len(step.observation.results) for step in trajectory.steps if step.observation),
        "agent": trajectory.agent.name,
        "said": [step.message for step in trajectory.steps],
        "models": [step.llm_call_count for step in trajectory.steps],
        "tokens": [trajectory.final_metrics.total_prompt_tokens, trajectory.final_metrics.total_completion_tokens],
    }


def har(text):
    from haralyzer import HarParser

    parser = HarParser(json.loads(text))
    entries = [entry for page in parser.pages for entry in page.entries] or parser.har_data["entries"]
    return {
        "version": parser.version,
        "creator": parser.creator["name"],
        "urls": [entry["request"]["url"] for entry in entries],
        "statuses": [entry["response"]["status"] for entry in entries],
    }


print(json.dumps({"otel": otel, "atif": atif, "har": har}[sys.argv[1]](sys.stdin.read())))
