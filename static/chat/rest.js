// The few things that go over REST: they concern the list, not the live thread.

const token = () => document.querySelector('meta[name="csrf-token"]').content;

export async function call(method, path, body, signal) {
  const response = await fetch(`/api/v1/${path}`, {
    method,
    signal,
    headers: {
      Accept: "application/json",
      "X-CSRFToken": token(),
      ...(body ? { "Content-Type": "application/json" } : {}),
    },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error(answer.detail ?? "That did not work. Please try again.");
}
