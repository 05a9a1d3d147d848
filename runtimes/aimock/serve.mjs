// An LLM mock of other authors (@copilotkit/aimock) in a vendor's place, for the proof of the live path: its wires and its key check are theirs. Ours is
// one rule: it answers the question of two words as a model would, out of the question, so that nobody has to tell it the answer.
// Prints its address as the first line. Ends when its standard input does. AIMOCK_API_KEYS (theirs) names the keys that it takes.
import { createRequire } from "node:module";
import { LLMock } from "@copilotkit/aimock";

if (process.argv.includes("--version")) {
  console.log(createRequire(import.meta.url)("../@copilotkit/aimock/package.json").version);
  process.exit(0);
}

const textOf = (message) =>
  typeof message.content === "string" ? message.content : (message.content ?? []).map((part) => part.text ?? "").join("");

const answer = (request) => {
  const asked = request.messages.filter((message) => message.role === "user").map(textOf).join("\n");
  const words = [...asked.matchAll(/two words: (\S+) and (\S+)\. Join them in reverse order/g)].at(-1);
  const content = words ? `${words[2]}-${words[1]}` : "I was asked nothing that I know.";

  // Counted as nobody bills, but more than nothing, so that a cell's spending is seen.
  return { content, usage: { input_tokens: Math.ceil(asked.length / 4), output_tokens: Math.ceil(content.length / 4) } };
};

const apiKeys = (process.env.AIMOCK_API_KEYS ?? "").split(",").filter((key) => key.length > 0);
const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", ...(apiKeys.length > 0 ? { auth: { apiKeys } } : {}) });
mock.onMessage(/[\s\S]/, answer);
await mock.start();
console.log(mock.url);
process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});
