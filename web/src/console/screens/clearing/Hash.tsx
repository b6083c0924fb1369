// A hash whole, so that it can be compared and copied.

export function Hash({ label, value }: { label: string; value: string }) {
  return (
    <p className="cr-hash">
      <span>{label}</span> <code>{value}</code>
    </p>
  );
}
