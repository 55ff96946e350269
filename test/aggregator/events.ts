/** The fields of one server-sent event, comments aside. */
export type ServerEvent = Readonly<Record<string, string>>;

/** The events of a response, one after the other. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text
        .slice(0, end)
        .split('\n')
        .filter((line) => !line.startsWith(':'));
      text = text.slice(end + 2);
      if (lines.length > 0) yield Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2)));
    }
  }
}
