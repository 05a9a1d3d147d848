// Drives one agent of Google's Agent Development Kit, a JSON object a line: requests on stdin, what happens on stdout, logs on
// stderr. Ends with its input.
//
//   {"type":"turn","id":1,"text":"..."}   -> {"type":"text","id":1,"text":"..."}* then {"type":"done",...} or {"type":"error",...}
//   {"type":"cancel","id":1}              -> the turn ends with {"type":"error","id":1,"message":"the turn was cancelled"}
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Gemini, LlmAgent, Runner, setLogger, StreamingMode } from "@google/adk";
import { OpenAiModel } from "./openai-model.mjs";
import { SessionFile } from "./session-file.mjs";

const version = versionOf("@google/adk");
const { values: options } = parseArgs({
  options: {
    version: { type: "boolean" },
    wire: { type: "string" }, // gemini | openai
    model: { type: "string" },
    sessions: { type: "string" }, // the folder of the conversations' files
    session: { type: "string" }, // the conversation to go on with; a fresh one where there is no file of it
  },
});
if (options.version) {
  console.log(version);
  process.exit(0);
}

// ADK's own logger writes to stdout, which is ours.
const log = (...words) => console.error(...words);
setLogger({ setLogLevel() {}, log: (_level, ...words) => log(...words), debug() {}, info() {}, warn: log, error: log });

const fileOf = (session) => join(options.sessions, `${session}.jsonl`);
const sessionId = options.session && existsSync(fileOf(options.session)) ? options.session : randomUUID();
const key = { appName: "molecule", userId: "workspace", sessionId };
const sessions = new SessionFile(fileOf(sessionId));
await sessions.open(key);
const runner = new Runner({
  appName: key.appName,
  agent: new LlmAgent({ name: "agent", model: model(), instruction: "You are a helpful agent in a workspace of a team." }),
  sessionService: sessions,
});

let running;
say({ type: "ready", version, session: sessionId });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  switch (request.type) {
    case "turn":
      running = { id: request.id, abort: new AbortController() };
      void turn(request, running.abort.signal);
      break;
    case "cancel":
      if (running?.id === request.id) running.abort.abort();
      break;
    default:
      throw new Error(`there is no request of type '${request.type}'`);
  }
}

process.exit(0);

async function turn({ id, text }, signal) {
  let answer = "";
  let tokens = null;
  let failure = null;
  try {
    const events = runner.runAsync({
      ...key,
      newMessage: { role: "user", parts: [{ text }] },
      runConfig: { streamingMode: StreamingMode.SSE },
      abortSignal: signal,
    });
    for await (const event of events) {
      if (event.errorCode || event.errorMessage) {
        failure = event.errorMessage || event.errorCode;
      } else if (event.partial) {
        const piece = words(event);
        if (piece) say({ type: "text", id, text: piece });
      } else if (!event.finishReason) {
        failure = "the stream ended before the answer did";
      } else {
        answer += words(event);
        tokens = add(tokens, event.usageMetadata);
      }
    }
  } catch (error) {
    failure = error?.message || String(error);
  }

  if (signal.aborted) failure = "the turn was cancelled";
  say(failure === null ? { type: "done", id, text: answer, tokens } : { type: "error", id, message: failure, tokens });
}

function model() {
  switch (options.wire) {
    case "gemini":
      return new Gemini({ model: options.model });
    case "openai":
      return new OpenAiModel({
        model: options.model,
        baseUrl: process.env.OPENAI_BASE_URL,
        apiKey: process.env.OPENAI_API_KEY,
        headers: {
          "X-Molecule-Workspace-Id": process.env.OPENAI_WORKSPACE_ID,
          "User-Agent": `google-adk/${version} openai/${versionOf("openai")}`,
        },
      });
    default:
      throw new Error(`--wire is '${options.wire}': it has to be gemini or openai`);
  }
}

function words(event) {
  return (event.content?.parts ?? []).filter((part) => part.text && !part.thought).map((part) => part.text).join("");
}

function add(tokens, usage) {
  return usage
    ? { input: (tokens?.input ?? 0) + (usage.promptTokenCount ?? 0), output: (tokens?.output ?? 0) + (usage.candidatesTokenCount ?? 0) }
    : tokens;
}

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

function versionOf(name) {
  const path = createRequire(import.meta.url).resolve(name);
  const folder = `/node_modules/${name}/`;
  return JSON.parse(readFileSync(path.slice(0, path.lastIndexOf(folder)) + folder + "package.json", "utf8")).version;
}
