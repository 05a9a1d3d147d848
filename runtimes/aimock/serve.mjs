// An LLM mock of other authors (@copilotkit/aimock) in a vendor's place, for the proof of the live path: its wires and its key check are theirs. Ours are
// two rules: it answers the questions of two words as a model would, out of the conversation, so that nobody has to tell it the answer; and it refuses a
// conversation that is longer than its model's window, in its vendor's words.
// Prints its address as the first line. Ends when its standard input does. AIMOCK_API_KEYS (theirs) names the keys that it takes.
import { createRequire } from "node:module";
import { LLMock } from "@copilotkit/aimock";

if (process.argv.includes("--version")) {
  console.log(createRequire(import.meta.url)("../@copilotkit/aimock/package.json").version);
  process.exit(0);
}

const textOf = (message) =>
  typeof message.content === "string" ? message.content : (message.content ?? []).map((part) => part.text ?? "").join("");

// Neither the windows nor what a token is here is told to anybody: they are found out as those of vendors are.
const charactersPerToken = 4.6;
const tokensOf = (text) => Math.ceil(text.length / charactersPerToken);

// How each vendor says it: https://platform.claude.com/docs/en/api/errors and "prompt is too long: N tokens > M maximum" of
// https://docs.claude.com/en/docs/build-with-claude/context-windows; https://github.com/MoonshotAI/kimi-cli/issues/2011;
// https://github.com/cline/cline/issues/5474 with the code of https://developers.openai.com/docs/guides/error-codes;
// https://github.com/google-gemini/gemini-cli/issues/4692. The form around it is aimock's, by wire.
const vendors = [
  { models: /^claude-haiku-4-5/, window: 200_000, type: "invalid_request_error", say: (n, most) => `prompt is too long: ${n} tokens > ${most} maximum` },
  { models: /^kimi-/, window: 262_144, type: "invalid_request_error", say: (n, most) => `Invalid request: Your request exceeded model token limit: ${most} (requested: ${n})` },
  {
    models: /^gpt-5\.4-mini/, window: 272_000, type: "invalid_request_error", code: "context_length_exceeded",
    say: (n, most) => `Input tokens exceed the configured limit of ${most} tokens. Your messages resulted in ${n} tokens. Please reduce the length of the messages.`,
  },
  {
    models: /^gpt-4o/, window: 128_000, type: "invalid_request_error", code: "context_length_exceeded",
    say: (n, most) => `This model's maximum context length is ${most} tokens. However, your messages resulted in ${n} tokens. Please reduce the length of the messages.`,
  },
  { models: /^gemini-2\.5-flash/, window: 1_048_576, type: "INVALID_ARGUMENT", say: (n, most) => `The input token count (${n}) exceeds the maximum number of tokens allowed (${most}).` },
];

const answer = (request) => {
  const input = tokensOf(request.messages.map(textOf).join("\n"));
  const vendor = vendors.find(({ models }) => models.test(request.model ?? ""));
  if (vendor && input > vendor.window) {
    return { status: 400, error: { message: vendor.say(input, vendor.window), type: vendor.type, code: vendor.code } };
  }

  const asked = request.messages.filter((message) => message.role === "user").map(textOf).join("\n");

  // The last question counts: to join its own two words, once or a hundred times, or those of the message before it, where there is one.
  const pairs = [...asked.matchAll(/two words: (\S+) and (\S+)\. (Join them in reverse order[^,.]*, write the result one hundred times|Join them in reverse order|Leave them alone: join the two words of my previous message)/g)];
  const [before, last] = [pairs.at(-2), pairs.at(-1)];
  const content = !last
    ? "I was asked nothing that I know."
    : last[3].startsWith("Join")
      ? Array(last[3].endsWith("one hundred times") ? 100 : 1).fill(`${last[2]}-${last[1]}`).join("\n")
      : before
        ? `${before[1]}_${before[2]}`
        : "There is no message before this one.";

  // Counted as nobody bills, but more than nothing, so that a cell's spending is seen.
  return { content, usage: { input_tokens: input, output_tokens: tokensOf(content) } };
};

const apiKeys = (process.env.AIMOCK_API_KEYS ?? "").split(",").filter((key) => key.length > 0);
const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", ...(apiKeys.length > 0 ? { auth: { apiKeys } } : {}) });

// A long answer comes as a model writes it, a few words at a time; with MOLECULE_AIMOCK_KEEPS=1 it is kept and comes at once, as behind a proxy that buffers.
mock.onMessage(/[\s\S]/, answer, process.env.MOLECULE_AIMOCK_KEEPS === "1" ? { chunkSize: 200 } : { chunkSize: 20, latency: 40 });
await mock.start();
console.log(mock.url);
process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});
