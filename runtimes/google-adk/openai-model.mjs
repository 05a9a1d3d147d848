// A model of ADK's that speaks OpenAI's chat completions, as the control plane's LLM proxy does.
import { BaseLlm } from "@google/adk";
import OpenAI from "openai";

/** Chat completions through the official client. Text only: the agent has no tools. */
export class OpenAiModel extends BaseLlm {
  #client;

  /** `headers` are sent with each request; they hold no credential. */
  constructor({ model, baseUrl, apiKey, headers }) {
    super({ model });
    // As on the native wire, ADK's own: no retry by itself.
    this.#client = new OpenAI({ baseURL: baseUrl, apiKey, defaultHeaders: headers, maxRetries: 0 });
  }

  async *generateContentAsync(request, _stream, signal) {
    const chunks = await this.#client.chat.completions.create(
      { model: this.model, messages: messagesOf(request), stream: true, stream_options: { include_usage: true } },
      { signal },
    );
    let text = "";
    let finish;
    let usage;
    for await (const chunk of chunks) {
      usage = chunk.usage ?? usage;
      const choice = chunk.choices[0];
      finish = choice?.finish_reason ?? finish;
      if (choice?.delta?.content) {
        text += choice.delta.content;
        yield { content: modelText(choice.delta.content), partial: true };
      }
    }

    if (!finish) {
      throw new Error("the stream ended before the answer did");
    }

    yield {
      content: modelText(text),
      finishReason: finish === "length" ? "MAX_TOKENS" : "STOP",
      usageMetadata: usage && {
        promptTokenCount: usage.prompt_tokens,
        candidatesTokenCount: usage.completion_tokens,
        totalTokenCount: usage.total_tokens,
      },
    };
  }

  connect() {
    throw new Error("chat completions know no live connection");
  }
}

const modelText = (text) => ({ role: "model", parts: [{ text }] });

function messagesOf({ contents, config }) {
  const instruction = config?.systemInstruction;
  const system = typeof instruction === "string" ? instruction : textOf(instruction?.parts ?? []);
  return [
    ...(system ? [{ role: "system", content: system }] : []),
    ...contents.map(({ role, parts }) => ({ role: role === "model" ? "assistant" : "user", content: textOf(parts ?? []) })),
  ];
}

function textOf(parts) {
  return parts
    .filter((part) => !part.thought)
    .map((part) => {
      if (typeof part.text !== "string") {
        throw new Error(`a part with ${Object.keys(part)} cannot be sent: this model takes text`);
      }

      return part.text;
    })
    .join("");
}
