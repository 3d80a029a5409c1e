//! The built-in models are sound, and import paths as people write them lead to the right node.

use std::fs;
use std::path::Path;

use super::*;

#[test]
fn the_list_of_model_files_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = root.join("rules/libraries");
    let mut names = Vec::new();
    for language in fs::read_dir(&models).unwrap() {
        let language = language.unwrap().path();
        for file in fs::read_dir(&language).unwrap() {
            let file = file.unwrap().path();
            assert_eq!(file.extension().unwrap(), "toml", "{}", file.display());
            let name = file.strip_prefix(&models).unwrap().to_str().unwrap().replace('\\', "/");
            names.push(name);
        }
    }
    names.sort();
    let mut list = String::from(
        "//! Generated: every model file. The test `the_list_of_model_files_is_up_to_date` rewrites it; nothing is added \
         by hand.\n\n#[rustfmt::skip]\npub(super) static FILES: &[(&str, &str)] = &[\n",
    );
    for name in names {
        list += &format!("    (\"{name}\", include_str!(\"../../rules/libraries/{name}\")),\n");
    }
    list += "];\n";
    let target = root.join("src/library/embedded.rs");
    if fs::read_to_string(&target).unwrap() != list {
        fs::write(&target, list).unwrap();
        panic!("src/library/embedded.rs was out of date and has been rewritten: run the tests again");
    }
}

#[test]
fn every_built_in_model_is_sound() {
    let (library, errors) = Library::load(&["python", "rust"], &[]);
    assert_eq!(errors, Vec::<String>::new());
    for node in &library.nodes {
        for (at, model) in node.models.iter().enumerate() {
            let twin = node.models[..at].iter().any(|it| it.role == model.role && it.forms == model.forms);
            assert!(!twin, "`{}` says {:?} twice", node.path, model.role);
            let formless =
                matches!(model.role, Role::Span | Role::EntryPoint) && model.forms == Forms::default();
            assert!(!formless, "`{}` does not say in which form", node.path);
        }
    }
}

/// Import paths as programs write them, the path that they are known by, and what calling it does.
const SAMPLES: &[(&str, &str, Role)] = &[
    ("opentelemetry.trace.get_tracer", "opentelemetry.trace.get_tracer", Role::GetTracer),
    (
        "opentelemetry.trace.ProxyTracer.start_as_current_span",
        "opentelemetry.trace.Tracer.start_as_current_span",
        Role::Span,
    ),
    ("opentelemetry.sdk.trace.Tracer.start_span", "opentelemetry.trace.Tracer.start_span", Role::Span),
    (
        "opentelemetry.sdk.trace.Span.set_attribute",
        "opentelemetry.trace.Span.set_attribute",
        Role::SetAttribute,
    ),
    (
        "opentelemetry.trace.span.Span.record_exception",
        "opentelemetry.trace.Span.record_exception",
        Role::RecordException,
    ),
    ("opentelemetry.trace.NonRecordingSpan.end", "opentelemetry.trace.Span.end", Role::SpanEnd),
    (
        "opentelemetry.trace.propagation.get_current_span",
        "opentelemetry.trace.get_current_span",
        Role::SpanCurrent,
    ),
    (
        "opentelemetry.metrics._internal.instrument.Counter.add",
        "opentelemetry.metrics.Counter.add",
        Role::MetricRecord,
    ),
    (
        "opentelemetry.sdk.metrics.MeterProvider.get_meter",
        "opentelemetry.metrics.MeterProvider.get_meter",
        Role::GetMeter,
    ),
    ("ddtrace.tracer.wrap", "ddtrace.trace.Tracer.wrap", Role::Span),
    ("ddtrace.trace.tracer.current_span", "ddtrace.trace.Tracer.current_span", Role::SpanCurrent),
    ("logfire._internal.main.Logfire.span", "logfire.Logfire.span", Role::Span),
    ("logfire.LogfireSpan.add_event", "opentelemetry.trace.Span.add_event", Role::AddEvent),
    ("logfire.warn", "logfire.warning", Role::Log),
    ("sentry_sdk.api.start_transaction", "sentry_sdk.start_transaction", Role::Span),
    ("sentry_sdk.tracing.Transaction.finish", "sentry_sdk.tracing.Span.finish", Role::SpanEnd),
    ("langfuse.decorators.observe", "langfuse.observe", Role::Span),
    ("langfuse.LangfuseGeneration.update", "langfuse.LangfuseSpan.update", Role::SetAttributes),
    ("loguru.logger.exception", "loguru.Logger.exception", Role::LogException),
    ("structlog.stdlib.get_logger", "structlog.get_logger", Role::GetLogger),
    ("logging.LoggerAdapter.error", "logging.Logger.error", Role::Log),
    ("requests.sessions.Session.post", "requests.Session.post", Role::Http),
    ("requests_oauthlib.OAuth2Session.get", "requests.Session.get", Role::Http),
    ("httpx._client.AsyncClient.stream", "httpx.AsyncClient.stream", Role::Http),
    ("redis.StrictRedis.get", "redis.Redis.get", Role::Db),
    ("redis.asyncio.client.Redis.hset", "redis.asyncio.Redis.hset", Role::Db),
    (
        "pymongo.synchronous.collection.Collection.find_one",
        "pymongo.collection.Collection.find_one",
        Role::Db,
    ),
    ("sqlalchemy.orm.session.sessionmaker", "sqlalchemy.orm.sessionmaker", Role::Db),
    ("sqlmodel.Session.commit", "sqlalchemy.orm.Session.commit", Role::Db),
    ("django.views.generic.list.ListView", "django.views.generic.ListView", Role::EntryPoint),
    ("django.views.View", "django.views.generic.View", Role::EntryPoint),
    ("fastapi.applications.FastAPI.get", "fastapi.FastAPI.get", Role::EntryPoint),
    ("flask.blueprints.Blueprint.route", "flask.Blueprint.route", Role::EntryPoint),
    ("celery.app.base.Celery.task", "celery.Celery.task", Role::EntryPoint),
    ("celery.Task.delay", "celery.app.task.Task.delay", Role::Messaging),
    ("click.decorators.option", "click.option", Role::Transparent),
    ("rich_click.group", "click.group", Role::EntryPoint),
    (
        "openai.resources.chat.completions.completions.AsyncCompletions.create",
        "openai.resources.chat.completions.AsyncCompletions.create",
        Role::Llm,
    ),
    ("openai.chat.completions.create", "openai.resources.chat.completions.Completions.create", Role::Llm),
    (
        "concurrent.futures.thread.ThreadPoolExecutor.submit",
        "concurrent.futures.ThreadPoolExecutor.submit",
        Role::Executor,
    ),
    ("typing_extensions.cast", "typing.cast", Role::Identity),
    ("mcp.server.fastmcp.server.FastMCP.tool", "mcp.server.fastmcp.FastMCP.tool", Role::EntryPoint),
];

#[test]
fn every_spelling_leads_to_the_same_node() {
    let (library, _) = Library::embedded("python");
    for (spelled, known_as, role) in SAMPLES {
        let node = library.find("python", spelled).unwrap_or_else(|| panic!("`{spelled}` is not known"));
        assert_eq!(library.node(node).path.as_str(), *known_as, "{spelled}");
        assert!(library.node(node).model(*role).is_some(), "`{spelled}` does not have the role {role:?}");
    }
}

fn path_of(library: &Library, node: Option<NodeId>) -> Option<&'static str> {
    node.map(|it| library.node(it).path.as_str())
}

#[test]
fn types_follow_calls_blocks_fields_and_elements() {
    let (library, _) = Library::embedded("python");
    let find = |path: &str| library.find("python", path).unwrap_or_else(|| panic!("`{path}` is not known"));
    let returned = |path: &str| path_of(&library, library.returned_by(find(path)));
    let entered = |path: &str| path_of(&library, library.entered_by(find(path)));

    assert_eq!(returned("opentelemetry.trace.get_tracer"), Some("opentelemetry.trace.Tracer"));
    assert_eq!(returned("requests.session"), Some("requests.Session"));
    assert_eq!(returned("httpx.AsyncClient"), Some("httpx.AsyncClient"));
    assert_eq!(returned("click.group"), Some("click.Group"));
    assert_eq!(entered("opentelemetry.trace.Tracer.start_as_current_span"), Some("opentelemetry.trace.Span"));
    assert_eq!(entered("sqlalchemy.create_engine"), Some("sqlalchemy.engine.Engine"));
    assert_eq!(entered("sqlalchemy.engine.Engine.begin"), Some("sqlalchemy.engine.Connection"));
    assert_eq!(returned("sqlalchemy.orm.sessionmaker.__call__"), Some("sqlalchemy.orm.Session"));

    let database = library.any_attribute(find("pymongo.MongoClient"));
    assert_eq!(path_of(&library, database), Some("pymongo.database.Database"));
    let collection = database.and_then(|it| library.element(it));
    assert_eq!(path_of(&library, collection), Some("pymongo.collection.Collection"));

    let client = library.returned_by(find("boto3.client")).unwrap();
    assert_eq!(library.any_call(client).map(|it| it.role), Some(Role::Rpc));
    assert!(library.member(client, Symbol::new("list_buckets")).is_none());
    let paginator = library.member(client, Symbol::new("get_paginator")).unwrap();
    assert!(library.node(paginator).models.is_empty());
}

#[test]
fn arguments_and_traits_are_read() {
    let (library, _) = Library::embedded("python");
    let span = library.find("python", "opentelemetry.trace.Tracer.start_as_current_span").unwrap();
    let model = library.node(span).model(Role::Span).unwrap();
    assert!(model.forms.context && model.forms.decorator && !model.forms.manual);
    assert!(
        model.activates && model.ends && model.records && model.handles_async && !model.handles_generators
    );
    let keyword = Some(Symbol::new("attributes"));
    assert_eq!(
        model.place(Slot::Attributes),
        Some(ArgPlace { index: Some(3), keyword, ..ArgPlace::default() })
    );

    let log = library.find("python", "logfire.info").unwrap();
    assert!(library.node(log).model(Role::Log).unwrap().place(Slot::Keywords).is_some());
    let command = library.find("python", "django.core.management.base.BaseCommand").unwrap();
    let model = library.node(command).model(Role::EntryPoint).unwrap();
    assert!(model.forms.base && model.methods.contains(&Symbol::new("handle")));
    let submit = library.find("python", "concurrent.futures.Executor.submit").unwrap();
    assert!(library.node(submit).model(Role::Executor).unwrap().forms.registration);
    let connect = library.find("python", "psycopg.connect").unwrap();
    assert!(!library.node(connect).model(Role::Db).unwrap().goes_out);
    assert_eq!(library.assumed("python", Symbol::new("start_as_current_span")), Some(span));
}

#[test]
fn instrumentors_are_found_by_what_enables_them() {
    let (library, _) = Library::embedded("python");
    let enabled = |path: &str| -> Vec<&'static str> {
        let node = library.find("python", path).unwrap_or_else(|| panic!("`{path}` is not known"));
        library.enabled_by(node).flat_map(|it| it.modules.iter().map(|it| it.as_str())).collect()
    };
    assert_eq!(
        enabled("opentelemetry.instrumentation.requests.RequestsInstrumentor.instrument"),
        ["requests"]
    );
    assert_eq!(
        enabled("opentelemetry.instrumentation.fastapi.FastAPIInstrumentor.instrument_app"),
        ["fastapi"]
    );
    assert_eq!(enabled("logfire.instrument_httpx"), ["httpx"]);
    assert!(enabled("ddtrace.patch_all").contains(&"fastapi"));
    assert!(
        library.instrumentors().iter().any(|it| it.on_import && it.modules.contains(&Symbol::new("openai")))
    );
    assert!(enabled("opentelemetry.instrumentation.requests.RequestsInstrumentor").is_empty());
    let zero_code: Vec<_> = library.zero_code().map(|it| it.distribution.as_str()).collect();
    assert!(zero_code.contains(&"opentelemetry-instrumentation-django"));
    assert!(!zero_code.contains(&"logfire"));
    assert!(library.instrumentors().iter().any(|it| it.carries_threads && it.zero_code));
}

#[test]
fn constants_have_their_texts() {
    let (library, _) = Library::embedded("python");
    let text = |path: &str| library.constant(path).map(Symbol::as_str);
    assert_eq!(text("opentelemetry.semconv.trace.SpanAttributes.HTTP_METHOD"), Some("http.method"));
    assert_eq!(
        text("opentelemetry.semconv.attributes.http_attributes.HTTP_REQUEST_METHOD"),
        Some("http.request.method")
    );
    assert_eq!(
        text("opentelemetry.semconv._incubating.attributes.http_attributes.HTTP_REQUEST_HEADER_TEMPLATE"),
        Some("http.request.header")
    );
    assert_eq!(text("opentelemetry.semconv.trace.SpanAttributes.NOT_A_KEY"), None);
    assert_eq!(text("elsewhere.SpanAttributes.HTTP_METHOD"), None);
}

#[test]
fn deprecated_paths_know_what_to_use_instead() {
    let (library, _) = Library::embedded("python");
    let instead = |path: &str| library.instead_of(path).map(Symbol::as_str);
    assert_eq!(
        instead("opentelemetry.semconv.trace.SpanAttributes.HTTP_METHOD"),
        Some("opentelemetry.semconv.attributes")
    );
    assert_eq!(instead("opentelemetry.trace.get_tracer"), None);
}

fn errors_of(text: &str) -> Vec<String> {
    Library::from_files([("python/toy.toml", text)].iter(), &["python"], &[]).1
}

#[test]
fn every_key_of_the_format_is_understood() {
    let toy = r#"
distribution = ["toy"]
[alias]
"toy.clients" = "toy"
[deprecated]
"toy.old" = "toy.new"
[[type]]
path = "toy.Client"
also = "toy.legacy.Client"
bases = "toy.Base"
enters = "toy.Base"
items = "Self"
fields = { base = "toy.Base", "*" = "Self" }
[[type]]
path = "toy.Base"
[[value]]
path = "toy.client"
type = "toy.Client"
[[call]]
path = ["toy.span", "toy.Client.{begin,start}"]
role = "span"
form = ["with", "decorator", "manual"]
does = ["activates", "ends", "records", "handles-async", "handles-generators", "keeps-context"]
args = { name = [0, "name"], kind = 1, url = "url", attributes = "**" }
fixed-name = "toy"
goes-out = false
returns = "toy.Client"
enters = "toy.Base"
assume = true
[[call]]
path = "toy.Client.*"
role = "rpc"
[[call]]
path = "toy.Job"
role = "entry-point"
kind = "task"
form = "base"
methods = ["run", "stop"]
[[instrumentor]]
path = "toy_otel.ToyInstrumentor"
distribution = "toy-otel"
modules = ["toy"]
enable = ["instrument"]
spans = false
carries-threads = true
zero-code = true
on-import = true
[[constants]]
of = ["toy.Attributes", "toy.attributes.*"]
texts = ["toy.colour"]
"#;
    assert_eq!(errors_of(toy), Vec::<String>::new());
    let (library, _) = Library::from_files([("python/toy.toml", toy)].iter(), &["python"], &[]);
    let start = library.find("python", "toy.clients.client.start").unwrap();
    assert_eq!(library.node(start).path.as_str(), "toy.Client.start");
    assert_eq!(library.find("python", "toy.legacy.Client.begin"), library.find("python", "toy.Client.begin"));
    assert_eq!(path_of(&library, library.entered_by(start)), Some("toy.Base"));
    assert_eq!(library.assumed("python", Symbol::new("start")), Some(start));
}

#[test]
fn mistakes_are_refused_with_their_line() {
    let cases = [
        ("[[call]]\npath = \"toy.run\"\nrolle = \"span\"\n", "python/toy.toml:3: unknown field `rolle`"),
        ("[[call]]\npath = \"toy.run\"\nrole = \"spam\"\n", "python/toy.toml:3: unknown variant `spam`"),
        ("[[call]]\npath = \"toy.{run\"\n", "python/toy.toml:2: `toy.{run` is not a dotted path"),
        (
            "[[call]]\npath = \"toy.run\"\nreturns = \"toy.Run\"\n",
            "python/toy.toml:3: `toy.Run`: no model declares this type",
        ),
        (
            "[[call]]\npath = \"toy.run\"\nrole = \"entry-point\"\nkind = \"web\"\n",
            "python/toy.toml:2: `toy.run`: kind `web`",
        ),
        ("[[call]]\npath = \"toy.run\"\nargs = { nam = 0 }\n", "python/toy.toml:3: unknown variant `nam`"),
        (
            "[alias]\n\"toy.a\" = \"toy.b\"\n\"toy.b\" = \"toy.a\"\n",
            "python/toy.toml:2: `toy.b`: this alias leads back to itself",
        ),
        (
            "[[type]]\npath = [\"toy.A\", \"toy.B\"]\nalso = \"toy.C\"\n",
            "python/toy.toml:3: `toy.C`: `also` needs",
        ),
        ("[[type]]\npath = \"toy.A\"\nbases = \"toy.A\"\n", "`toy.A` is its own base type"),
    ];
    for (text, expected) in cases {
        let errors = errors_of(text);
        assert!(errors.iter().any(|it| it.starts_with(expected)), "{expected}: {errors:?}");
    }
}

#[test]
fn the_configuration_adds_models() {
    let table = toml::toml! {
        path = "shop.tel.step"
        role = "span"
        form = ["with", "decorator"]
        name-arg = 0
        args = { attributes = "**" }
    };
    let extra = ExtraModel { origin: "otcov.toml:12".to_owned(), table };
    let (library, errors) = Library::load(&["python"], &[extra]);
    assert_eq!(errors, Vec::<String>::new());
    let step = library.find("python", "shop.tel.step").unwrap();
    let model = library.node(step).model(Role::Span).unwrap();
    assert_eq!(model.place(Slot::Name), Some(ArgPlace { index: Some(0), ..ArgPlace::default() }));
    assert!(model.place(Slot::Keywords).is_some());

    let wrong =
        ExtraModel { origin: "otcov.toml:20".to_owned(), table: toml::toml! { path = "a.b" rol = "span" } };
    let (_, errors) = Library::load(&["python"], &[wrong]);
    assert!(errors[0].starts_with("otcov.toml:20: unknown field `rol`"), "{errors:?}");
}
